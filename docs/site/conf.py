"""How Sphinx makes the pages. Everything that a page shows comes along with it: no fonts or scripts of other hosts."""

from pathlib import Path

from pygments.lexers.special import TextLexer
from sphinx.highlighting import lexers

from livingdrug.version import __version__

project = "livingdrug"
author = "The livingdrug developers"
release = __version__
extensions = ["myst_parser", "sphinx.ext.autodoc"]
root_doc = "index"

myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence"]
highlight_language = "text"
lexers["csv"] = TextLexer()  # a table is shown as it stands

# Docstrings are plain prose: a word in single backticks is code. A reference that leads nowhere is an error, but for
# types in signatures: those of other projects, and our own that the reference does not show, stay text.
default_role = "code"
nitpicky = True
nitpick_ignore_regex = [("py:.*", r"(?!livingdrug\.).*"), ("py:class", ".*")]
autodoc_member_order = "bysource"
autodoc_class_signature = "separated"
maximum_signature_line_length = 90
python_use_unqualified_type_names = True
add_module_names = False

html_theme = "furo"
html_title = "livingdrug"
html_static_path = [str(Path(__file__).with_name("own.css"))]
html_css_files = ["own.css"]
html_show_copyright = False
html_show_sphinx = False
html_copy_source = False
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#0b5c66", "color-brand-content": "#0b5c66"},
    "dark_css_variables": {"color-brand-primary": "#6cc5cf", "color-brand-content": "#6cc5cf"},
}


def setup(app):
    """A table in a block is plain text to the highlighter."""
    from pygments.lexers.special import TextLexer

    app.add_lexer("csv", TextLexer)
