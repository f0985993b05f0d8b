"""The hatch's screen on the stand-in service: rendered as the real one renders it, of a view that a test chose."""

import json
from typing import Any

from api.pages.render import Me, render
from api.pages.render import Page as Frame
from tests.browser import hatch_views as views
from tests.browser.stage import Stage

PATH = "/hatch/3"
SCAN = f"/api/v1{PATH}/scan"


def put_hatch(stage: Stage, view: dict[str, Any], **wedge: str) -> str:
    """Put the screen showing `view` on the stage; `wedge` is how typing scanners are set. Returns its address."""
    frame = Frame(title="", path=PATH, now_us=views.NOW_US, csrf="token", me=Me(9, "Anna Rowe"))
    first = json.dumps({"view": view, "verdict": None})
    scan = {"prefix": "", "suffix": "enter"} | wedge
    stage.pages[PATH] = render("hatch.html", frame, view=view, first=first, is_here=True, scan=scan)
    stage.answers[f"/api/v1{PATH}"] = view
    return f"{stage.origin}{PATH}"
