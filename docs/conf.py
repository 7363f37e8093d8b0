"""The site: ``make site`` builds it without a warning into ``build/site``."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import zappa_iam_ext

project = "zappa-iam-ext"
copyright = "2026, The zappa-iam-ext maintainers"  # noqa: A001  -- Sphinx's name
version = ".".join(zappa_iam_ext.__version__.split(".")[:2])
release = zappa_iam_ext.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx_click",
    "sphinx_copybutton",
]
myst_enable_extensions = ["attrs_block", "colon_fence", "deflist"]
myst_heading_anchors = 4
exclude_patterns = ["schemas/*"]
default_role = "code"
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True
copybutton_prompt_text = "$ "
#: What annotations name and the reference does not document one by one.
nitpicky = False

html_theme = "furo"
html_title = f"zappa-iam-ext {release}"
html_static_path = ["_static"]
templates_path = ["_templates"]
html_css_files = ["site.css"]
html_js_files = [(name, {"defer": "defer"}) for name in ("offline.js", "filter.js", "versions.js")]
html_search_scorer = str(Path(__file__).with_name("_static") / "scorer.js")
#: Options begin with two dashes, and stay so.
smartquotes = False
html_favicon = "_static/icon.svg"
html_copy_source = False
html_show_sphinx = False
html_theme_options = {
    "top_of_page_buttons": [],  # half of the pages are generated: nobody edits those
    "footer_icons": [
        {
            "name": "GitHub",
            "url": "https://github.com/zappa-iam-ext/zappa-iam-ext",
            "html": "GitHub",
            "class": "source-code",
        }
    ],
    "light_css_variables": {"color-brand-primary": "#1f5fa8", "color-brand-content": "#1f5fa8"},
    "dark_css_variables": {"color-brand-primary": "#8ab8f0", "color-brand-content": "#8ab8f0"},
}
html_sidebars = {
    "**": [
        "sidebar/brand.html",
        "sidebar/search.html",
        "sidebar/scroll-start.html",
        "sidebar/navigation.html",
        "sidebar/versions.html",
        "sidebar/scroll-end.html",
    ]
}
html_extra_path = ["schemas"]
