# What is sent to households.
relief-told = [{ $office }] Dear { $name }, your household qualifies for "{ $offer }"{ $amount }. No papers are needed: reply { $yes } to take it, { $no } to decline. More: { $link } Reply T to stop.
