# 发给服务对象的话。短信须一读就懂，并可直接回复。
invite-class = 【{ $office }】{ $name }您好，为您推荐免费培训“{ $offer }”，{ $starts }在{ $place }开班。回复 { $yes } 参加，{ $no } 谢绝。详情：{ $link } 不想再收到回复 T
invite-order = 【{ $office }】{ $name }您好，{ $provider }招“{ $offer }”，先培训后上岗，合格即录用，{ $starts }开班。回复 { $yes } 参加，{ $no } 谢绝。详情：{ $link } 不想再收到回复 T
invite-job = 【{ $office }】{ $name }您好，{ $provider }招聘“{ $offer }”，{ $wage }。回复 { $yes } 愿意面试，{ $no } 谢绝。详情：{ $link } 不想再收到回复 T
remind = 【{ $office }】{ $name }您好，为您推荐的“{ $offer }”还在等您答复，{ $starts }开始。回复 { $yes } 参加，{ $no } 谢绝。详情：{ $link } 不想再收到回复 T
