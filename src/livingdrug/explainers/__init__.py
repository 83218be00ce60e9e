"""The explainer pages: text in plain language, each claim in it with its evidence, and what checks both.

`pages/NAME.md` is the text, `pages/NAME.toml` its claims, sources and questions, `pages/words.toml` the words that all
pages explain. `page.read` reads one; `check.check` says what its claims rest on today.
"""
