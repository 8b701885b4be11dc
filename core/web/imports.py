"""Pages of the imports: template, upload, preview with every wrong cell, confirm."""

from pathlib import Path

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core import uploads
from core.errors import BusinessError, InvalidInput, NotVisible
from core.imports import ImportKind, examine, import_kinds, take_in
from core.spreadsheets.reader import MAX_BYTES
from core.spreadsheets.writer import CONTENT_TYPE, write_template
from core.web.http import CompanyRequest

_KEY = "import:{kind}"
PREVIEW_ROWS = 20
SHOWN_PROBLEMS = 200


def _kind(request: CompanyRequest, name: str) -> ImportKind:
    kind = import_kinds().get(name)
    if kind is None:
        raise NotVisible()
    request.access.require(kind.permission)
    return kind


@require_GET
def imports(request: CompanyRequest) -> HttpResponse:
    """The kinds of import that the user may do."""
    kinds = [kind for kind in import_kinds().values() if request.access.may(kind.permission)]
    return render(request, "imports/index.html", {"kinds": kinds})


@require_GET
def template(request: CompanyRequest, name: str) -> HttpResponse:
    """The empty sheet to fill in."""
    kind = _kind(request, name)
    response = HttpResponse(write_template(kind.label, kind.columns, example=kind.example), content_type=CONTENT_TYPE)
    response["Content-Disposition"] = f'attachment; filename="{kind.kind}-template.xlsx"'
    return response


@require_http_methods(["GET", "POST"])
def upload(request: CompanyRequest, name: str) -> HttpResponse:
    """Choose a file; see what is wrong with it and what it would do."""
    kind = _kind(request, name)
    context: dict[str, object] = {"kind": kind}
    if request.method == "GET":
        return render(request, "imports/upload.html", context)
    try:
        file = request.FILES.get("file")
        if file is None:
            raise InvalidInput("required", _("Choose a file first."), field="file")
        if file.size is None or file.size > MAX_BYTES:
            raise InvalidInput("too_large", _("The file is larger than {limit} MB."), field="file", limit=MAX_BYTES // 1_000_000)
        content = file.read()
        sheet, plan = examine(kind, request.company, file.name or "", content)
    except BusinessError as error:
        return render(request, "imports/upload.html", {**context, "error": error}, status=error.status)
    former = request.session.pop(_KEY.format(kind=name), None)
    if former:
        uploads.drop(former["path"])
    if not plan.problems:
        request.session[_KEY.format(kind=name)] = {"path": uploads.keep(content), "name": file.name, "company": request.company.pk}
    headings = [column.label for column in kind.columns]
    preview = [(number, [cells.get(column.name) for column in kind.columns]) for number, cells in sheet.rows[:PREVIEW_ROWS]]
    context |= {
        "file": file.name,
        "plan": plan,
        "headings": headings,
        "preview": preview,
        "rows": len(sheet.rows),
        "problems": plan.problems[:SHOWN_PROBLEMS],
    }
    return render(request, "imports/preview.html", context, status=400 if plan.problems else 200)


@require_POST
def confirm(request: CompanyRequest, name: str) -> HttpResponse:
    """Take in the file that was previewed: all of it or nothing."""
    kind = _kind(request, name)
    kept = request.session.pop(_KEY.format(kind=name), None)
    path = Path(kept["path"]) if kept else None
    if kept is None or path is None or kept["company"] != request.company.pk or not path.is_file():
        messages.warning(request, _("There is no checked file waiting. Choose it again."))
        return redirect("import-upload", name=name)
    content = path.read_bytes()
    path.unlink()
    made = take_in(kind=kind, company=request.company, name=kept["name"], content=content, by=request.user, at=timezone.now())
    messages.success(request, _("{count} rows were taken in.").format(count=len(made)))
    return redirect("imports")
