# registers
registers = 服务对象类别
credit-code = 统一社会信用代码
