# 发给家庭的短信。
relief-told = 【{ $office }】{ $name }您好：您家符合“{ $offer }”条件{ $amount }。无需证明材料，回复{ $yes }申领，回复{ $no }不需要。详情：{ $link } 回T退订
