"""One HTML viewer of pages beside what was read on them, for whoever shows pages: ``ocroute show``, a service, a comparison.

It is a script and a style sheet without any library, and data. The script makes the page out of the data with text nodes only,
so no text of a document can become markup or code; it asks for nothing outside.

To embed it in a page of your own, serve `script` and `style` as files, and call

    ocrouteViewer.mount(document.getElementById("here"), data, words);      // {show(place), nextDoubtful(), setNav(nav)}

with what is to be said in another language in ``words``, by the English that stands in the script, or nothing; a second call
takes the place of the first. Or, without a line of script, put the data into ``<script type="application/json" id="x">`` with
`embedded`, and let an element ``<div data-ocroute-viewer="x">`` stand on the page. `html_page` is such a page, in one file, with
a policy that forbids everything that is not in it.

``data`` is what ``viewer_data`` gives: ``{title, told, pages, nav?, contents?}``. A page is `page_data`: its size in pixels, an
image's address (``https:``, a path, or ``data:``; null where there is none), and ``readings``: one, or several beside each other,
each made by `reading_data`. Pieces of a line that are styled ``inserted`` or ``deleted`` are shown as differences. Boxes are
``[x0, y0, x1, y1]`` in the pixels of the upright page; the image may have any resolution.
"""

from ocroute.viewer.data import page_data, reading_data, viewer_data
from ocroute.viewer.html_page import embedded, html_page, page_with, script, style

__all__ = ["embedded", "html_page", "page_data", "page_with", "reading_data", "script", "style", "viewer_data"]
