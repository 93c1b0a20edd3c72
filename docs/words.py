#!/usr/bin/env python3
"""Lists the sentences of Rust comments and Markdown that hide their noun. A report and no gate.

usage: docs/words.py [--totals] [PATH..]      without PATH: crates, sim-tests, docs and the top level's Markdown

Prints `file:line: sentence` for each offender, then a row per crate: sentences, offenders, per cent; --totals prints
the rows alone. The exit code is 0, or 1 for bad usage.

How it decides. A sentence is an offender if
- it holds `what`, `whatever`, `who`, `whoever`, `whom`, `that which` or `of which`: these stand where a noun could; or
- it holds `whose` at its beginning, after punctuation or after a word of BARE: "it says whose it is" counts, "a
  follower whose log is shorter" names the follower and does not; or
- it begins with `That`. Within a sentence `that` does not count: "the nodes that run".
It sees words and not grammar: an honest question ("What does 0 mean?") is listed, and a sentence without these words
can still hide its noun ("All was done that was to be done").

How it reads. Of Rust, the line comments outside of string literals, neighbours of one kind joined. Of Markdown,
paragraphs, list items, headings, and table cells one by one. A sentence ends at `.`, `!` or `?` before a capital, digit
or code, and with its paragraph. Left out: code blocks, doc tests, `code`, [links], and segments of one word.
"""
import os
import re
import signal
import sys

TOKEN = re.compile(r'''\bb?r(?P<hash>\#*)".*?"(?P=hash)|"(?:\\.|[^"\\])*"|'(?:\\[^\n]{1,9}?|[^'\\\n])'|/\*.*?\*/'''
                   r'''|(?P<kind>//[!/]?)(?P<text>[^\n]*)''', re.DOTALL)
MASKED = re.compile(r'``.+?``|`[^`]*`|!?\[[^\]]*\](?:\([^)]*\)|\[[^\]]*\])?|https?://\S+', re.DOTALL)
END = re.compile(r'''(?<!e\.g)(?<!i\.e)(?<!cf)(?<!vs)(?<!etc)[.!?]["')*_]*\s+(?=["'(*_]*[A-Z0-9])''')
ITEM = re.compile(r'\s*(?:[-*+]|\d+[.)])\s+|#{1,6}\s+')
BARE = r'is|are|was|say|says|tell|tells|told|know|knows|see|sees|of|on|in|by|to|and|or|but|no matter'
OFFENDER = re.compile(r'\b(?:what|whatever|who|whoever|whom|that\s+which|of\s+which)\b'
                      r'|(?:^|[,;:]\s*|\b(?:' + BARE + r')\s+)whose\b|^that\b', re.IGNORECASE)


def comments(source):
    """The blocks of neighbouring line comments of one kind, as numbered lines."""
    blocks, last = [], None
    for token in TOKEN.finditer(source):
        if token['kind'] is None:
            continue
        begin = source.rfind('\n', 0, token.start()) + 1
        number, column = source.count('\n', 0, begin) + 1, token.start() - begin
        alone = not source[begin:token.start()].strip()
        if not (alone and last == (number - 1, column, token['kind'])):
            blocks.append([])
        blocks[-1].append((number, token['text'].removeprefix(' ')))
        last = (number, column, token['kind'])
    return blocks


def paragraphs(lines):
    """Lists of numbered lines that are one piece of prose each, without code blocks."""
    found, fence, blank, item = [[]], None, False, 0
    for number, text in lines:
        bare, mark, start = text.strip(), text.strip()[:3], ITEM.match(text)
        indent = len(text) - len(text.lstrip())
        if fence or mark in ('```', '~~~'):
            fence = mark if not fence else None if mark == fence else fence
            found.append([])
        elif not bare:
            blank, found = True, found + [[]]
        elif not (blank and indent >= 4 + item):  # else indented code
            blank = False
            if start or bare.startswith('|') or text.startswith('#'):
                found.append([])
            if bare.startswith('|'):
                found += [[(number, cell)] for cell in bare.strip('|').split('|') if re.search('[a-z]', cell)] + [[]]
                continue
            item = len(start.group()) if start else item if indent else 0
            found[-1].append((number, text[len(start.group()):] if start else text))
            found += [[]] if text.startswith('#') else []
    return [lines for lines in found if lines]


def sentences(path):
    """Each sentence of a file: its line, its text, and its text with code and links masked."""
    with open(path, encoding='utf-8') as file:
        source = file.read()
    blocks = comments(source) if path.endswith('.rs') else [enumerate(source.split('\n'), 1)]
    for lines in (lines for block in blocks for lines in paragraphs(block)):
        text = '\n'.join(line.strip() for _, line in lines)
        masked = MASKED.sub(lambda code: re.sub(r'[^\n]', 'X', code.group()), text)
        begin = 0
        for end in [found.end() for found in END.finditer(masked)] + [len(text)]:
            if len(masked[begin:end].split()) > 1:
                number = lines[text.count('\n', 0, begin)][0]
                yield number, ' '.join(text[begin:end].split()), masked[begin:end].strip(' \n*_"\'(')
            begin = end


def main(arguments):
    if '-h' in arguments or '--help' in arguments:
        return print(__doc__.strip())
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `| head` ends the report without a complaint
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    paths, totals = [given for given in arguments if given != '--totals'], {}
    for path in paths:
        if path.startswith('-') or not os.path.exists(path):
            sys.exit(f'no such option or path: {path}\nusage: docs/words.py [--totals] [PATH..]')
    for path in paths or [os.path.join(root, name) for name in sorted(os.listdir(root))
                          if name in ('crates', 'docs', 'sim-tests') or name.endswith('.md')]:
        inside = [os.path.join(at, name) for at, _, names in os.walk(path) if '/target' not in at for name in names]
        for file in sorted(name for name in inside or [path] if name.endswith(('.rs', '.md'))):
            name = os.path.relpath(os.path.abspath(file), root)
            row = totals.setdefault('/'.join(name.split('/')[:2 if name.startswith('crates/') else 1]), [0, 0])
            for number, text, masked in sentences(file):
                offends = bool(OFFENDER.search(masked))
                row[0], row[1] = row[0] + 1, row[1] + offends
                if offends and '--totals' not in arguments:
                    print(f'{name}:{number}: {text}')
    totals['all'] = [sum(counts) for counts in zip([0, 0], *totals.values())]
    print(f'{"":<20}{"sentences":>10}{"offenders":>10}{"per cent":>10}')
    for name, (count, bad) in totals.items():
        print(f'{name:<20}{count:>10}{bad:>10}{100 * bad / max(count, 1):>10.1f}')


if __name__ == '__main__':
    main(sys.argv[1:])
