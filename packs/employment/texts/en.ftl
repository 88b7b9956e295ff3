# What is sent to people. A text message must be understood at once and be answered by replying.
invite-class = [{ $office }] Dear { $name }, a free class for you: "{ $offer }", from { $starts } at { $place }. Reply { $yes } to join, { $no } to decline. More: { $link } Reply T to stop.
invite-order = [{ $office }] Dear { $name }, { $provider } is hiring: "{ $offer }", training first, a post guaranteed on passing, from { $starts }. Reply { $yes } to join, { $no } to decline. More: { $link } Reply T to stop.
invite-job = [{ $office }] Dear { $name }, { $provider } is hiring: "{ $offer }", { $wage }. Reply { $yes } for an interview, { $no } to decline. More: { $link } Reply T to stop.
remind = [{ $office }] Dear { $name }, "{ $offer }" still waits for your answer; it starts { $starts }. Reply { $yes } to join, { $no } to decline. More: { $link } Reply T to stop.
