"""Every message of the layers below that a screen may show, by where it comes from; the Chinese is in locale/zh.po.

{placeholders} stand for what differs; `cockpit.labels.wording` says what each may be, and which are worded in turn.
"""

from cockpit.i18n import N_

DESK = (
    N_("an account's name has 1 to 60 printable characters and no blank at its ends"),
    N_('there is an account "{name}" already'),
    N_('there is no account "{name}"'),
    N_("a password has at least {n} characters of {kinds} kinds: small letters, capitals, digits, others"),
    N_("a password does not hold the account's name"),
    N_("a password does not hold the name of this product"),
    N_("this password is too common: choose words and numbers that others do not use"),
    N_("this is one of the last {n} passwords: choose another"),
    N_('there is no role "{name}": use {roles}'),
    N_("{role} is granted without an area"),
    N_("{role} is granted on an area: name it"),
    N_("{area} is not the code of an area: it has 12 digits"),
    N_("the last day of a grant lies before its first"),
    N_("{name} is not {role}"),
    N_("{name} is not {role} of {area}"),
    N_(
        "{name} is {roles}: an administrator holds no other role, since the three of them watch each other and see "
        "no business data"
    ),
    N_("this identity stands for another account"),
    N_('another identity stands for the account "{name}"'),
    N_("{name} has a second factor: it is taken away before another is set up"),
    N_("no second factor is being set up: begin again"),
    N_("this is not the code that the app shows now"),
    N_("this request was decided or is older than a day: ask again"),
    N_("say in a note why: whoever looks at the finding later wants to know"),
    N_("a decision holds on for {days} days"),
    N_("this session has ended already"),
    N_("there is no decision {id}"),
    N_("a deduction is named by a short word of a-z, 0-9 and _"),
    N_("points are above 0 and at most {most}"),
    N_("months are 1 to {most}"),
    N_("an entry without points cannot be enabled: say how many it costs"),
    N_("say which columns, and after how many months"),
    N_("the pattern of columns has more than {n} characters"),
    N_("the pattern of columns cannot be read: {why}"),
    N_("COCKPIT_DESK cannot be opened: {why}"),
    N_("the desk {where} does not answer ({why}): see that it runs, then try again"),
    N_("the desk does not answer: see that it runs, then try again"),
    N_("a text holds a character that cannot be kept, such as a zero byte: leave it out"),
    N_("a text has {n} characters, more than {most}: shorten it"),
    N_("too many passwords are being checked: try again in a few seconds"),
)

AUDIT = (
    N_("row {n} was removed"),
    N_("row {n} was added"),
    N_("row {n} does not follow row {before}: one of them was moved"),
    N_("row {n} of {time} was changed, or the key of the audit was"),
    N_("row {n} was removed: there were rows up to {last}"),
    N_("row {n} was replaced"),
    N_("row {n} was removed: rows up to {last} were anchored"),
    N_("row {n} is not the one that was anchored: the chain was written anew"),
    N_("row {n}, the last that was purged, is not the one that was anchored"),
    N_("the head of the chain was changed, or the key of the audit was"),
    N_("{file} holds no head of the chain: it was emptied or moved"),
    N_("{file} does not begin where the file before it ends: one was removed or emptied"),
    N_("{file}: line {n} cannot be read"),
    N_("{file}: line {n} or the one before was changed, or the key of the audit was"),
    N_("{file}: the end of the export was removed"),
    N_("the clock was set back before row {n}: {seconds} s"),
    N_("row {n} lies ahead of the clock: {seconds} s"),
    N_("the desk was restored to row {n} at {time}: {count} later rows are not in it"),
)
"""What is wrong with the chain of the audit."""

DATA = (
    N_("nothing is published in {home}: run `python -m cockpit demo`, or load and publish"),
    N_("none of the editions in {folder} can be read: publish again"),
    N_('there is no edition "{id}": {hint}'),
    N_('did you mean "{near_id}"?'),
    N_("the newest is {id}"),
    N_("none is published"),
    N_("edition {id} is gone: its file {path} does not exist"),
    N_("edition {id} is damaged ({why}): publish again or roll back"),
    N_("edition {id} is damaged ({why}): publish again or roll back; an older one serves meanwhile"),
    N_("its file was changed or removed while it was served"),
    N_(
        "the question took longer than {seconds} seconds and was stopped: ask for a smaller area or a shorter period, "
        "or raise COCKPIT_QUERY_SECONDS"
    ),
    N_("too many long questions wait at this moment: try again later, or ask for less"),
    N_("{who} has {n} reports waiting already: wait until some are made"),
    N_("{path} cannot be opened: {why}"),
    N_("{path} cannot be used: {why}: see that its disk has room"),
    N_("{path} was replaced: try again"),
    N_("{path} is in use by process {n}; wait until it has finished, then try again"),
    N_("{path} is in use by another process; wait until it has finished, then try again"),
    N_("the disk of {path} is full: free some space"),
    N_("the disk of {path} cannot be written to: {why}"),
)
"""Editions, their queries, the store and the pushes on their way to it."""

METRICS = (
    N_("area {area} lies outside of what you may see: ask for a grant, or open an area of your own"),
    N_("area {area} is not in edition {id}: {hint}"),
    N_("the nearest one is {area} {name}"),
    N_("it holds no areas at all"),
    N_("this edition holds no areas: load them with `python -m cockpit areas FILE`, then publish"),
    N_("the period {start} to {end} is empty: its end is not part of it, name a later day"),
    N_('"{unit}" is not a unit of time: use {known}'),
    N_("more than {n} {unit}s between {start} and {end}: ask for a shorter period"),
    N_("no metric was asked for"),
    N_('there is no metric "{name}".{near}'),
    N_('"{by}" is not a breakdown: use {known}.{near}'),
    N_('"{name}" is not a filter: use {known}.{near}'),
    N_("{name} is a {level}: it cannot be broken down by {by}"),
    N_("{metric} cannot be broken down by {by}: use {splits}"),
    N_("{metric} cannot be filtered by {by}: use {splits}"),
    N_("{metric} has no filters"),
    N_("{metric} cannot be computed: {why}"),
    N_("a value cannot be converted to the type that its definition asks for"),
    N_("a number is outside of the range of its type"),
    N_("its definition divides by zero"),
    N_("a function of its definition does not accept a value"),
    N_("the database refuses its definition"),
    N_("{metric} has no ages to choose from"),
    N_("{metric} does not exist at {level} level: it exists at {levels}"),
    N_('"{name}" is not a column to sort by.{near}'),
    N_('"{name}" is not a part of a number: use {known}'),
    N_("{metric} is made of other metrics: ask for the rows of {metrics}"),
    N_("{metric}: a period cannot be compared with itself, name another one"),
    N_("{key} of {source} lies outside of what you may see"),
    N_("you no longer have the right to export rows of {area}"),
    N_(' Did you mean "{word}"?'),
)

RECONCILED = (
    N_("{metric} by {level}: {n} ≠ {came}"),
    N_("{metric} {area} {month}: {n} > {came}"),
    N_("{area} {name} {day}: {n} and {came}"),
)
"""How the first faults of a reconciliation are told."""

PROBED = (
    N_("{n} s, waiting for dns"),
    N_("{n} s, waiting for connect"),
    N_("{n} s, waiting for answer"),
    N_("{n} s, waiting for the page's end"),
    N_("more than {n} bytes"),
    N_("more than {n}, the last to {address}"),
    N_("no text, no picture"),
    N_("HTTP {came}, not {wanted}"),
    N_("without “{text}”"),
    N_("the answer is not HTTP"),
    N_("the head is too long"),
    N_("the answer states two lengths"),
    N_("the chunks of the answer cannot be read"),
    N_("a header holds a line break"),
    N_("{address} is no address of the web"),
    N_("{host}: no address"),
    N_("{host}: Name or service not known"),
    N_("{host}: No address associated with hostname"),
    N_("{host}: Temporary failure in name resolution"),
    N_("{host} is {ip}"),
)
"""What the prober says of a request that failed."""

REPORTED = (
    N_("the process that makes reports died three times at it: ask for less, or see the server's log"),
    N_("a question took too long and was stopped: ask for a smaller area or a shorter period"),
    N_("the edition can no longer be read: ask again, an older one serves"),
    N_("the file could not be written ({why}): tell whoever runs the server"),
    N_("something went wrong on our side ({why}); it is noted in the server's log"),
    N_("{kind} is not made as {format}: use {known}"),
    N_("{kind} has its own metrics: leave them out, or ask for a kind that lets choose"),
    N_("the period begins on {day}, after the data's time {time}: choose an earlier one"),
    N_("{kind} is not made for a {level}: it is made for {levels}"),
    N_('"{name}" is not a filter: use {known}'),
    N_('there is no edition "{edition}", or it is no longer kept: name another'),
    N_("area {code} is not in edition {edition}: name another"),
)
"""Why a report was not made, kept with it in the report's own language."""

SYSTEM = (
    N_("Connection refused"),
    N_("Connection reset by peer"),
    N_("Broken pipe"),
    N_("Network is unreachable"),
    N_("No route to host"),
    N_("No space left on device"),
    N_("Permission denied"),
    N_("Read-only file system"),
    N_("Input/output error"),
    N_("[Errno {n}] {why}"),
    N_("database is locked"),
    N_("unable to open database file"),
    N_("database or disk is full"),
    N_("disk I/O error"),
    N_("attempt to write a readonly database"),
    N_("database disk image is malformed"),
    N_("file is not a database"),
    N_("rows of {name} refer to others that are gone"),
    N_("connection timeout expired"),
    N_("QueuePool limit of size {size} {rest}"),
    N_('connection failed: connection to server at "{host}", port {n} failed: {rest}'),
    N_("Server disconnected without sending a response."),
    N_("certificate has expired"),
    N_("certificate is not yet valid"),
    N_("self-signed certificate"),
    N_("self-signed certificate in certificate chain"),
    N_("unable to get local issuer certificate"),
    N_("Hostname mismatch, certificate is not valid for '{host}'."),
    N_("IP address mismatch, certificate is not valid for '{host}'."),
)
"""What the system, OpenSSL, SQLite and PostgreSQL say."""

ALL = (*REPORTED, *DESK, *AUDIT, *DATA, *METRICS, *RECONCILED, *SYSTEM, *PROBED)
