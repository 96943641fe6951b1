"""The help of `publisher` by the width of the terminal; made of the commands by `make messages`."""

from typing import Final

# fmt: off
HELP: Final = {
    80: """\
Usage: publisher [OPTIONS] COMMAND [ARGS]...

  Publish policies lawfully: read each change, give the notice it owes, mail
  everyone, keep every version.

  Examples:
    publisher init policies          a new workspace with two example policies
    publisher check                  before you commit: what would this change mean?
    publisher plan                   what will happen next, and when
    publisher tick                   do what is due now
    publisher run                    serve the site, and do what is due, until Ctrl-C

Options:
  -C, --workspace DIRECTORY  Work in this workspace instead of the current
                             folder.
  --debug                    Show where in the program an error arose.
  --version                  Show the version and exit.
  -h, --help                 Show this message and exit.

Commands:
  init        Make a new workspace with two example policies, and a git...
  import      Take in a text (.txt, .md): as the text to work on, or with...
  check       Check the texts and the pending change as they lie in the...
  compare     Say what changed between two texts, what it means, and how...
  when        Count a notice period: the earliest lawful effective date,...
  plan        Say what tick would do now and next, with dates and how...
  tick        Do what is due, once: freeze, announce, mail, put in force.
  run         Serve the site, and do what is due at its moment, until...
  status      Say which versions there are, which is in force, and how...
  verify      Check that no record was changed: journal, versions and...
  demo        Tell the whole story on a simulated clock: two changes,...
  site        Build or serve the public site, without doing anything else...
  recipients  Take in, count or forget the persons who are to be told.
  mail        See how the mailings stand, and let failed deliveries be...
""",
    100: """\
Usage: publisher [OPTIONS] COMMAND [ARGS]...

  Publish policies lawfully: read each change, give the notice it owes, mail everyone, keep every
  version.

  Examples:
    publisher init policies          a new workspace with two example policies
    publisher check                  before you commit: what would this change mean?
    publisher plan                   what will happen next, and when
    publisher tick                   do what is due now
    publisher run                    serve the site, and do what is due, until Ctrl-C

Options:
  -C, --workspace DIRECTORY  Work in this workspace instead of the current folder.
  --debug                    Show where in the program an error arose.
  --version                  Show the version and exit.
  -h, --help                 Show this message and exit.

Commands:
  init        Make a new workspace with two example policies, and a git repository where...
  import      Take in a text (.txt, .md): as the text to work on, or with its dates as a...
  check       Check the texts and the pending change as they lie in the folder, before they...
  compare     Say what changed between two texts, what it means, and how much notice it calls...
  when        Count a notice period: the earliest lawful effective date, and the sum in words.
  plan        Say what tick would do now and next, with dates and how they are counted.
  tick        Do what is due, once: freeze, announce, mail, put in force.
  run         Serve the site, and do what is due at its moment, until Ctrl-C.
  status      Say which versions there are, which is in force, and how the mailings ended.
  verify      Check that no record was changed: journal, versions and their texts, and the...
  demo        Tell the whole story on a simulated clock: two changes, their notices, mails,...
  site        Build or serve the public site, without doing anything else that is due.
  recipients  Take in, count or forget the persons who are to be told.
  mail        See how the mailings stand, and let failed deliveries be tried again.
""",
}
