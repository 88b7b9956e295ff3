# 发给企业联系人的短信。
measure-told = 【{ $office }】{ $name }：贵单位符合“{ $offer }”条件{ $amount }。回复{ $yes }申请，回复{ $no }不需要。条款和依据：{ $link } 回T退订
