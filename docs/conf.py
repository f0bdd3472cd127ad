"""The site that ``make docs`` builds of these pages.

What is a fact of the code is read from the code while it is built: see ``_ext``.
"""

import sys
from importlib.metadata import version as version_of
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "pytest-binance-options"
author = "The pytest-binance-options authors"
copyright = f"2026, {author}"  # noqa: A001
version = release = version_of(project)

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx_copybutton", "site_of_pages"]
exclude_patterns = ["_ext", "_static"]

# A link to a heading is written as on GitHub, and one that leads nowhere is an error.
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True
autodoc_default_options = {"members": True, "undoc-members": False}
add_module_names = False
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 88
toc_object_entries_show_parents = "hide"
nitpicky = True
# Names that signatures have and a user never writes: what the parts of the exchange hand to each
# other, type variables, and types that are imported for a type checker alone.
nitpick_ignore_regex = [
    ("py:class", r"(.*\.)?_?(T|T_co|P|VCR)"),
    (
        "py:class",
        r"(.*\.)?(Amount|Decoder|Fills|Later|ListenKey|Product|Recorder|Route|Scope|Usage|VcrRequest|Visit)",
    ),
    ("py:class", r"(.*\.)?(datetime|Bot|SearchStrategy|Timeout|Filters|OrderLike|Positions)"),
]

html_theme = "furo"
html_title = project
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {"sidebar_hide_name": False}
pygments_style = "friendly"
pygments_dark_style = "monokai"
copybutton_prompt_text = r"\$ |>>> |\.\.\. "
copybutton_prompt_is_regexp = True
copybutton_only_copy_prompt_lines = True
