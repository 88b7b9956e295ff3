# What is sent to a firm's contact.
measure-told = [{ $office }] { $name }: you qualify for "{ $offer }"{ $amount }. Reply { $yes } to apply, { $no } to decline. Terms and source: { $link } Reply T to stop.
