"""Network checks of the district's websites, apps and service pages.

register    what is to be checked: the assets with an address, and what a file adds to them
plan        what is due when                    runner      the loop: lanes, politeness, two attempts
net         a guarded request, timed            addresses   which addresses may be connected to
failures    what can go wrong, with its remedy  network     is it they, or our own network?
web         HTTP/1 as browsers read it
page        what a page holds                   contents    its lists, guides and messages
rules       what follows: rows of checks        evidence    what is kept of a failed check
state       what is remembered between runs     deliver     results become deliveries of a source
"""
