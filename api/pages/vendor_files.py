"""Vendors' files on the screen: one is chosen, its columns are mapped, what it would change is seen, it is taken in.

One rule for the editor: looking over and taking in are `api.vendor_imports`, the same acts as for programs; this page
draws the form and what was taken in before.
"""

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency

from api.context import Ctx
from api.guards import holding
from api.pages.frame import PAGE, html, page_of
from api.pages.render import render
from api.params import PathId
from api.processing import CONSULTS
from api.vendor_files import NEEDS
from api.vendor_imports import imports, mappings, one_of
from inventory.custody.hatch_names import people_said
from inventory.people.imports.vendor.grid import ENCODINGS
from inventory.people.imports.vendor.mapping import DAY, FIELDS, TIME
from inventory.people.imports.vendor.when import SHAPES, ZONES
from inventory.schema import words

SHOWN = 50
FORM = {
    "fields": FIELDS, "times": SHAPES, "zones": tuple(ZONES), "encodings": ENCODINGS, "kinds": words.ITEM_KINDS,
    "timed": {name for name, field in FIELDS.items() if field.holds in (TIME, DAY)},
}  # fmt: skip
"""What the form offers."""


@get("/vendor-files", guards=[holding(*NEEDS)], opt=CONSULTS, **PAGE)
async def vendor_files_page(ctx: NamedDependency[Ctx], request: Request[Any, Any, Any]) -> Response[str]:
    """Take a vendor's file in, and the ones that were taken in before."""
    ctx.need_any(NEEDS, None)
    taken, known = await ctx.read(lambda conn: (imports(conn, 2**62, SHOWN), mappings(conn)))
    people = await ctx.read(lambda conn: people_said(conn, sorted({row.by_person for row in taken if row.by_person})))
    ctx.about(*people)
    page = page_of(ctx, request, "Vendor files")
    return html(render("vendor_files.html", page, taken=taken, known=known, people=people, form=FORM))


@get("/vendor-files/{import_id:int}", guards=[holding(*NEEDS)], opt=CONSULTS, **PAGE)
async def vendor_file_page(
    import_id: PathId, ctx: NamedDependency[Ctx], request: Request[Any, Any, Any]
) -> Response[str]:
    """One file that was taken in, with the rows that were left out."""
    ctx.need_any(NEEDS, None)
    found = await ctx.read(lambda conn: one_of(conn, import_id))
    people = await ctx.read(lambda conn: people_said(conn, [found.taken.by_person] if found.taken.by_person else []))
    ctx.about(*people)
    page = page_of(ctx, request, found.taken.file_name)
    return html(render("vendor_file.html", page, one=found.taken, refused=found.refused, people=people))


ROUTES = [vendor_files_page, vendor_file_page]
