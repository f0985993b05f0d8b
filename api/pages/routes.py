"""Every page of the service, in one list.

One rule for the editor: a page that is not listed here does not exist.
"""

from api.pages import (
    alarms,
    corrections,
    counts,
    devices,
    due,
    files,
    hatch,
    home,
    item,
    log,
    losses,
    papers,
    person,
    recalls,
    record_log,
    search,
    sign_in,
    spit_guards,
    store,
    transfers,
    uses,
    vendor_files,
)

ROUTES = [
    *files.ROUTES,
    *sign_in.ROUTES,
    *home.ROUTES,
    *hatch.ROUTES,
    *item.ROUTES,
    *person.ROUTES,
    *record_log.ROUTES,
    *log.ROUTES,
    *store.ROUTES,
    *transfers.ROUTES,
    *devices.ROUTES,
    *alarms.ROUTES,
    *uses.ROUTES,
    *spit_guards.ROUTES,
    *counts.ROUTES,
    *corrections.ROUTES,
    *papers.ROUTES,
    *losses.ROUTES,
    *recalls.ROUTES,
    *due.ROUTES,
    *search.ROUTES,
    *vendor_files.ROUTES,
]
