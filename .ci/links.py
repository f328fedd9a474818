"""Checks links between files: `python links.py DIR...` reads the Markdown and HTML files of each folder.

A relative link must lead to a file, and its anchor to a heading of a Markdown file or an id of an HTML file. Links to the network are
not followed. The exit code is 1 when one leads nowhere.
"""

import html
import re
import sys
from pathlib import Path
from urllib.parse import unquote

SKIPPED = {"target", ".git", "node_modules"}
MARKDOWN_LINK = re.compile(r"\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)")
HTML_LINK = re.compile(r"(?:href|src)=\"([^\"]+)\"")


def anchors(path):
    text = path.read_text()
    if path.suffix == ".html":
        return set(re.findall(r"\bid=\"([^\"]+)\"", text))
    headings = re.findall(r"^#+ +(.+?) *$", without_code(text), re.MULTILINE)
    plain = [re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading) for heading in headings]
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in plain}


def without_code(text):
    return re.sub(r"```.*?```|~~~.*?~~~|`[^`\n]+`", "", text, flags=re.DOTALL)


def links(path):
    text = path.read_text()
    if path.suffix == ".html":
        return [html.unescape(link) for link in HTML_LINK.findall(text)]
    return MARKDOWN_LINK.findall(without_code(text))


def faults(path):
    for link in links(path):
        if re.match(r"[a-z]+:|//|/", link):
            continue
        target, _, anchor = link.partition("#")
        file = (path.parent / unquote(target)).resolve() if target else path.resolve()
        if not file.exists():
            yield f"{path}: {link}: no such file"
        elif anchor and file.suffix in (".md", ".html") and unquote(anchor) not in anchors(file):
            yield f"{path}: {link}: no such heading"


def main():
    n, found = 0, []
    for folder in map(Path, sys.argv[1:]):
        for path in sorted([*folder.rglob("*.md"), *folder.rglob("*.html")]):
            if not SKIPPED.intersection(path.relative_to(folder).parts):
                n += 1
                found.extend(faults(path))
    print(*found, sep="\n", end="\n" if found else "")
    print(f"{n} files, {len(found)} links that lead nowhere")
    sys.exit(bool(found))


main()
