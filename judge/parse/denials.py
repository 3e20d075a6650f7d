"""What denies the label or the option beside it, by language: not X, X is ruled out, rather than X.

Texts are `plain`: lower case, straight apostrophes, one spelling (judge/parse/spelling.py). A window of bounded length
on either side of a mention is looked at, never the whole text.
"""

from __future__ import annotations

import re
from functools import lru_cache

LOOK_BACK = 60
LOOK_AHEAD = 50
_FILLER = (
    r"at all|in the least|really|very|so|that|too|quite|even|particularly|especially|truly|entirely|exactly|actually|"
    r"necessarily|clearly|meant|intended|to|be|been|being|feel|feels|feeling|sound|sounds|look|looks|seem|seems|appear|"
    r"appears|find|hear|see|consider|a|an|the|any|as|real|just|simply|option|of|in|"
    r"sehr|wirklich|ganz|besonders|gerade|so|ein|eine|einer|der|die|das|den|dem|von|um|etwa|option|"
    r"très|vraiment|du tout|particulièrement|si|de|du|la|le|les|des|une?|moindre|trace|"
    r"es|está|esta|era|fue|parece|muy|tan|realmente|nada|el|los|las|una?|se|ve|le|nota|percibe|hay|tiene|siente|"
    r"é|e|foi|muito|um|uma|o|a|os|as|há|ha|sente|nenhuma?|qualquer|opção|opción|"
    r"è|sembra|il|lo|gli|di|c'è|molto|"
    r"ole|ollut|kuulosta|näytä|vaikuta|mitään|lainkaan|yhtään|mikään|vain|"
    r"вовсе|совсем|очень|столько|просто|его|её|ее|не|никаких|никакой|никакого|следа|вариант|"
    r"يبدو|تبدو|يوجد|اثر|اي|هناك|يشعر|تشعر|ب|من|خالص|هذا|هذه"
)
_THINKS = (
    r"(?:(?:(?:think|believe|say|see|suppose|mean|the[^\S\n]+case|true)(?:[^\S\n]+that)?|that)[^\S\n]+"
    r"(?:it|this|that|he|she|they|the[^\S\n]+\w{1,12})(?:'s|[^\S\n]+(?:is|was|are|were))?|"
    r"(?:about|in)[^\S\n]+(?:it|this|that)[^\S\n]+(?:is|was))"
)
"""I don't think that it is ..., nothing about it is ...: the denial stands before the thought."""
_NOT = (
    r"not|never|no|no longer|hardly|barely|scarcely|rarely|far from|anything but|neither|nor|cannot|\w{1,9}n't|"
    r"nothing|without|false|untrue|unlikely|devoid of|rul(?:e|es|ed|ing) out|exclud(?:e|es|ed|ing)|eliminat(?:e|es|"
    r"ed|ing)|(?<!no )lack(?:s|ed|ing)?(?:[^\S\n]+of)?|"
    r"(?:is|was|are|were|do|does|did|wo|ca|could|would|should)nt|absence of|"
    r"nicht|kein|keine|keinen|keiner|keines|keineswegs|weder|noch|ohne|nie|niemals|fern von|"
    r"j'exclus|j'écarte|exclut|écarte|pas|jamais|ni|sans|aucune?|guère|nullement|loin d'être|"
    r"descarto|descartamos|excluyo|elimino|descartando|excluindo|no|nunca|nem|ni|sin|sem|tampoco|ningún|ninguna|"
    r"jamás|lejos de(?: ser)?|longe de(?: ser)?|não|nenhum|nenhuma|"
    r"non|né|senza|nessun|nessuna|mai|"
    r"исключаю|исключив|исключаем|не|ни|нет|без|никак|отсутстви[еяю]|лишен[ао]?|"
    r"ei|eivät|en|eikä|eivätkä|ilman|vailla|"
    r"استبعد|استبعاد|ليس|ليست|ليسوا|لا|ولا|وليس|وليست|لم|ولم|غير|بدون|دون|مش|ومش|مو|ما|بلا|ما في|"
    r"(?:ولا|لا) اثر|नहीं"
)
_RATHER = (
    r"rather than|instead of|as opposed to|not so much|and not|statt|anstatt|anstelle von|(?:eher|mehr|lieber|"
    r"stärker|weniger)(?:[^\S\n][^\W_]{1,16}){1,4}[^\S\n]als|(?<!more )than|plutôt que|au lieu|"
    r"moins|más que|antes que|en vez|en lugar|em vez|mais (?:do )?que|ao invés|piuttosto che|anziché|invece|più che|"
    r"чем|нежели|вместо|kuin|بدلا|بدل|عوضا"
)
"""Directly before X: Y is meant and X is not."""
_NOT_BEFORE = re.compile(
    rf"(?:(?:(?<![^\W_])(?:{_NOT}|{_RATHER}))(?:[^\S\n]+{_THINKS})?(?:[^\S\n]+(?:{_FILLER}))"
    rf"{{0,4}}[^\S\n]+(?:d'|l'|dell'|all')?|\bnon[- ]?|\bnot-|\bd'aucune?[^\S\n]|\bn'est[^\S\n]|(?<![^\W_])(?:pas|"
    rf"sans|ni) (?:d'|l'))\Z"
)
_NOUN_OF = re.compile(
    r"(?<![^\W_])(?:(?:no|without|not|any|little|isn't|never|nothing|n't|hardly)[^\S\n](?:[\w']{1,14}[^\S\n]){0,5}?"
    r"(?:traces?|signs?|hints?|evidence|indications?|cues?|suggestions?|marks?|sense|points? to|suggests?|"
    r"indicates?|supports?)|"
    r"(?:keine?|kaum)[^\S\n](?:\w{1,14}[^\S\n]){0,2}?(?:spur|anzeichen|hinweise?|zeichen)|"
    r"(?:pas|aucune?|rien)[^\S\n](?:\w{1,14}[^\S\n]){0,4}?(?:traces?|signes?|indices?|évoque|indique)|"
    r"(?:no|ni|sin|ningun|ningún|sem|nenhuma?|não)[^\S\n](?:\w{1,14}[^\S\n]){0,3}?"
    r"(?:rastros?|señal|señales|indicios?|sinal|sinais|traços?|vestígios?|atisbo)|"
    r"(?:ни|нет)[^\S\n](?:\w{1,14}[^\S\n]){0,2}?(?:следа|признаков|намека|намёка)|"
    r"(?:لا|ولا|دون)[^\S\n](?:\w{1,14}[^\S\n]){0,2}?(?:اثر|دليل|علامه|علامات|اشاره))"
    r"(?:[^\S\n](?:of|for|von|auf|für|de|d'|of any|la|an?|any|на|على|real)){0,3}[^\S\n]?(?:d'|l')?\Z"
)
_PAIR_TR = re.compile(r"(?<![^\W_])ne(?: de)?[^\S\n](?:[^\W_]{1,20}[^\S\n]){0,2}\Z")
_MARKS_BETWEEN = re.compile(r"[*_`\"“”„«»「『』\[(]")
_DEGREE_CJK = (
    "太|很|怎么|那么|多|特别|特別|十分|真的|真|再|是|像|象|算|够|夠|有|任何|明显的?|明顯的?|丝毫|絲毫|一点儿?|"
    "一點|半点|什么|什麼|的"
)
_VERB_CJK = (
    "觉得|覺得|感到|感觉|感覺|在|会|會|能|显得|顯得|上|出|到|见|見|属于|屬於|存在|带有|帶有|含有|表现出|表現出|"
    "流露|体现|显示出|因为|因為|为|為|必|"
    "出现|出現|让人|单纯|只|仅仅|真正|所谓"
)
_SOME_CJK = r"(?:任何|明显的?|明顯的?|丝毫|絲毫|半点|一点|太多|什么|所谓的?)?"
_NOT_BEFORE_CJK = re.compile(
    rf"(?:(?<![无莫無是])[不](?:{_DEGREE_CJK}|{_VERB_CJK}){{0,4}}"
    rf"|(?<![埋淹沉出吞湮有])[没沒](?:{_DEGREE_CJK}|{_VERB_CJK}){{0,4}}"
    rf"|(?<=[并並绝絕而既也亦均都实實决決又])非(?:是|真的|很)?|(?<![\u3400-\u9fff])非"
    rf"|(?<!有)[无無]{_SOME_CJK}|(?:从|從|并|並|尚|均|都|也|毫)未(?:{_DEGREE_CJK}|{_VERB_CJK}){{0,3}}"
    rf"|未(?:必|见|見|曾|出现|出現|显|顯|表现|表現|感|觉|流露)(?:{_DEGREE_CJK}|{_VERB_CJK}){{0,3}}"
    rf"|(?:(?<![\u3400-\u9fff])|(?<=[你您请請快就可]))[别別](?:太|再|这么|那么|老是)?"
    rf"|(?:缺乏|缺少|排除|否定|远非|而不是|与其说是?|與其說是?|谈不上|称不上)(?:{_DEGREE_CJK}|{_VERB_CJK}){{0,3}})\Z"
)
_NOT_AFTER_CJK = re.compile(
    r"[”\"」』]?(?:(?:では|じゃ|で|は|が|とは|でも|には|も|ではと|の(?:様子|兆候|気配|色|要素)は)?"
    r"(?:ない|なく|なかっ|ありません|言え|いえ|思え|思わ|感じられな|感じられませ|見られな|見られませ|なし)|くな[いくか]"
    r"|(?:と|だと)いう?より|と言うより|より|の涙では)"
)
_NOT_AFTER = re.compile(
    r"[\"'”’»)*_`]{0,4}(?:"
    # Korean: the particle belongs to the word before it
    r"(?:하|스럽|이|가|은|는|도|의|인|한|로|으로|을|를|기색은?|기미는?|지|"
    r"감)?[^\S\n]{0,2}(?:[가-힣]{1,4}[^\S\n])?(?:아니|아닙|아닌|않|없|못하)|"
    r"(?:이|라)?라기보다|이?라고[^\S\n]보기|보다는?|"
    r"[^\W\d_]{0,12}[^\S\n](?:(?:de|da)[^\S\n])?(?:(?:belirtisi|izi|iz|eseri|işareti|emaresi|ifadesi|seçeneği|"
    r"şikki)[^\S\n])?(?:değil|yok|yanliş)|"
    r"(?:[^\W\d_]{0,12}[^\S\n])(?:[^\W_]{1,14}[^\S\n]){0,3}[^\W\d_]{1,12}m[iuü]yor(?:lar)?(?![^\W_])|"
    r"[^\W\d_]{0,12}(?:d[ae]n|t[ae]n)[^\S\n](?:çok|ziyade)|[^\W\d_]{0,8}[^\S\n]yerine|"
    r"[^\W\d_]{0,8}[^\S\n](?:[^\W_]{2,6}[^\S\n])?(?:ei(?:vät)?[^\S\n]|sijaan|sijasta|puuttu)|"
    r"[^\W\d_]{0,6}[^\S\n](?:[^\W_]{1,6}[^\S\n]){0,2}(?:нет(?![^\W_])|отсутству|исключ|отпада|неверн|исключен|"
    r"не[^\S\n](?:подход|чувств|слыш|вид|наблюд|соответств|годит|подтвержд))|"
    r"[^\W\d_]{0,4}[^\S\n](?:—[^\S\n])?ни[^\S\n]следа|"
    r"[^\S\n](?:नहीं)|"
    r"[^\S\n](?:can|could|may|might|must|is|are|was|were|has|have|does|do|would|seems|can be|would be|"
    r"should be)?[^\S\n]?"
    r"(?:clearly[^\S\n]|simply[^\S\n]|also[^\S\n]|definitely[^\S\n]|be[^\S\n]|been[^\S\n]|therefore[^\S\n])?"
    r"(?:nowhere|none(?![^\W_])|ruled out|excluded|eliminated|discarded|dismissed|rejected|absent|wrong|incorrect|"
    r"a distractor|off topic|unlikely|irrelevant|unsupported|"
    r"not|n't|isn't|doesn't|cannot|can't|wasn't|aren't|don't|out(?=[.,;]|\Z))(?![^\W_])|"
    r"[^\S\n](?:scheide[nt]|fällt|fallen|entfällt|ist falsch|sind falsch|passt nicht|passen nicht|ist nicht|"
    r"sind nicht|kommt nicht|kommen nicht|fehlt|fehlen|ist (?:auszuschließen|ausgeschlossen|unpassend)|"
    r"keine spur|kann man ausschließen|werden (?:[^\W_]{1,14}[^\S\n]){0,4}nicht|"
    r"wird (?:[^\W_]{1,14}[^\S\n]){0,4}nicht)|"
    r"[^\W\d_]{0,3}[^\S\n](?:höre|sehe|spüre|erkenne|merke)[^\S\n]ich[^\S\n](?:nichts|keine)|"
    r"[^\S\n](?:n'est pas|n'est guère|ne |n'(?:est|ont|a) (?:pas|plus)|(?:est|sont|seraient|semblent) (?:exclue?s?|"
    r"faux|fausses?|à (?:exclure|écarter)|incorrectes?|écartée?s?|hors sujet))|"
    r"[^\S\n](?:no (?:es|está|encaja|aparece|corresponde|hay|se)|no[^\S\n]|quedan? descartad|quedan? fuera|(?:es|"
    r"son) (?:incorrect|fals|errone)|não|(?:está|estão|é|são) (?:errad|incorret|descartad|fora)|"
    r"non|(?:è|sono) (?:esclus|sbagliat|errat))|"
    r"(?:项|項|选项)?(?:也|都|均|皆|显然|則|则)?(?:(?:与|和|跟)[^，。,.\n]{1,8}?(?:不符|无关|不一致|矛盾)|并不|"
    r"並不|不(?:成立|准确|準確|符|对|對|正确|正確|太|合|存在|是|像|在|明显)|错误|錯誤|错(?!综)|可以?排除|被排除|"
    r"排除)|"
    r"[はも](?:誤り|不正解|違|該当しな|当てはまらな)|と(?:は|も)(?:違|異な)|の可能性は(?:低|な|[0-9])|는 (?:틀|"
    r"오답)|은 (?:틀|오답)|"
    r"[^\S\n](?:مستبعد|ف?غير|خاطي|ف?ليس|ف?لا[^\S\n]|فمستبعد)"
    r")"
)
_OR = re.compile(
    r"[^\S\n]{0,4}[*_\"'”“」「]*,?[^\S\n]{0,4}(?:or|nor|oder|noch|ou|ni|o|nem|né|или|ни|veya|ya da|tai|eikä|او|ولا|"
    r"或|或者|还是)[^\S\n]{0,4}(?:an?[^\S\n]|any[^\S\n]|of[^\S\n]|de[^\S\n])?[*_\"'“「]*"
)
_AND = re.compile(
    r"[^\S\n]{0,4}(?:\([^()\n]{0,40}\))?[^\S\n]{0,4}[,)]?[^\S\n]{0,4}(?:and|or|und|oder|et|ou|y|o|e|и|или|ve|veya|"
    r"ja|tai|و|او|和|与|、|と|も|와|과|나)[^\S\n]{0,4}\(?"
)
_COMMA = re.compile(r"[^\S\n]{0,4}(?:\([^()\n]{0,40}\))?[^\S\n]{0,4}[,、，/][^\S\n]{0,4}")


_ROW = re.compile(
    r"(?:(?<![^\W_])(?:no|without|neither|rul\w{1,5} out|exclud\w{1,4}|eliminat\w{1,4}|keine?|ohne|weder|sans|sin|"
    r"sem|senza|descart\w{1,5}|"
    r"elimin\w{1,4}|exclu\w{1,5}|j'exclus|j'écarte|без|исключ\w{1,5}|ilman|بدون|بلا|استبعد)|排除|没有|沒有|无|無|"
    r"既不|不是)[^.!?。！？\n]{0,14}\Z"
)
"""Denials that hold for a whole row, joined by `and` too."""


def is_denied(text: str, start: int, end: int) -> bool:
    """True where what stands at start:end of a `plain` text is denied."""
    return _before(text[max(0, start - LOOK_BACK) : start]) or _after(text[end : end + LOOK_AHEAD])


@lru_cache(maxsize=4096)
def _before(text: str) -> bool:
    """Cached: a text that says one thing over and over is weighed once."""
    text = _MARKS_BETWEEN.sub("", text)
    patterns = (_NOT_BEFORE, _NOT_BEFORE_CJK, _NOUN_OF, _PAIR_TR)
    return any(pattern.search(text) is not None for pattern in patterns)


@lru_cache(maxsize=4096)
def _after(text: str) -> bool:
    return _NOT_AFTER_CJK.match(text) is not None or _NOT_AFTER.match(text) is not None


def carried(text: str, spans: list[tuple[int, int]], denied: list[bool]) -> list[bool]:
    """Which mentions are denied, with the denial carried over commas to an `or`: not A, B, or C denies all three."""
    found = list(denied)
    index = 0
    while index < len(spans):
        if not found[index]:
            index += 1
            continue
        last = place = index
        row = _ROW.search(text[max(0, spans[index][0] - LOOK_BACK) : spans[index][0]]) is not None
        while place + 1 < len(spans):
            between = text[spans[place][1] : spans[place + 1][0]][:LOOK_AHEAD]
            if _OR.fullmatch(between) or (row and _AND.fullmatch(between)):
                last = place + 1
            elif not _COMMA.fullmatch(between):
                break
            place += 1
        found[index : last + 1] = [True] * (last + 1 - index)
        index = max(last, index) + 1
    return _carried_back(text, spans, found)


def _carried_back(text: str, spans: list[tuple[int, int]], found: list[bool]) -> list[bool]:
    """A, B and C are wrong: what is said of the last of a row is said of all."""
    for last in range(len(spans) - 1, 0, -1):
        if not found[last] or found[last - 1] or not _after(text[spans[last][1] : spans[last][1] + LOOK_AHEAD]):
            continue
        gaps = [text[spans[place - 1][1] : spans[place][0]][:LOOK_AHEAD] for place in range(last, max(0, last - 6), -1)]
        also = gaps[0].isspace() and text[spans[last - 1][1] - 1] == "도"
        if not also and not _AND.fullmatch(gaps[0]):
            continue
        first = last - 1
        while last - first < len(gaps) and _COMMA.fullmatch(gaps[last - first]):
            first -= 1
        if "," not in gaps[0] or first < last - 1:
            found[first:last] = [True] * (last - first)
    return found
