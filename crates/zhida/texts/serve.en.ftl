# registers
registers = Whom services are for
credit-code = Credit code
