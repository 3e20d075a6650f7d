"""What is said of a label or an option right behind it: is the best one, would be, yes, no, with a mark or a word.

Texts are `plain`; each pattern is matched where a mention ends.
"""

from __future__ import annotations

import re
from functools import lru_cache

from judge.parse.spelling import spelled

NO = re.compile(
    r"[ \t\u00a0*_)\].:：—–-]{0,10}(?:❌|✗|✘|✖|×|(?:no|nope|wrong|incorrect|false|"
    r"nein|falsch|non|faux|não|errad[oa]|falso|нет|неверно|hayir|yanliş|ei|väärin|لا|خطا|아니오|아님|いいえ|不正解|"
    r"错误?|錯誤?|नहीं)"
    r"(?=[^\S\n]{0,4}(?:[.,;:!—–(-]|\n|\Z)))"
)
"""It is marked as wrong."""
YES = re.compile(
    r"[ \t\u00a0*_)\].:：—–-]{0,10}(?:✅|✓|✔|☑|(?:yes|correct|right|true|ja|richtig|"
    r"korrekt|oui|vrai|correcte|sí|correct[oa]|sim|corret[oa]|cert[oa]|да|верно|правильно|evet|doğru|kyllä|oikein|"
    r"نعم|صحيح|예|네|맞음|はい|正解|正确|對|对)"
    r"(?=[^\S\n]{0,4}(?:[.,;:!—–(-]|\n|\Z)))"
)
"""It is marked as right."""
_FINAL_AFTER = (
    r"[\"'”’»」』)*_`]{0,4}(?:"
    r"(?:と|だと|であると|に|で)(?:判断|判定|考え|答え|し(?:ます|た|ました)|思わ|思い|訂正|決め|なります|結論)|"
    r"(?:が|は)(?:正解|妥当|適切|最も適|最も近|最も自然|一番|ふさわし|正しい)|"
    r"を(?:選び|選択|選ぶ)|と(?:答える|する|見る|みる)のが|(?:が|は)(?:当てはま|該当)|と言え(?:ます|る)|でしょう|"
    r"(?:번)?(?:이|가)?[^\S\n]?(?:(?:더|가장|제일)[^\S\n](?:적절|가깝|어울|타당|자연|맞|그럴|설득)|맞|정답|"
    r"가장[^\S\n]|적절|옳|답이|답입)|(?:이?라고|으?로)[^\S\n]?(?:판단|생각|답|보입|봅니|보는|볼|결론|정하|하겠|"
    r"고르|선택)|(?:을|를)[^\S\n](?:선택|고르|고릅)|"
    r"[^\W\d_]{0,8}[^\S\n](?:seçiyorum|diyorum|işaretliyorum|derim|derdim|götürüyor|söyleyebilir|seçerim|doğru)|"
    r"[^\S\n](?:is (?:the )?(?:best|correct|right|most (?:likely|fitting|plausible|natural)|my (?:answer|choice|"
    r"pick)|the (?:answer|one|only|most|clear|right|correct|best|better|likeliest|closest|strongest)|clearly the)|"
    r"fits (?:best|most|well|better)|(?:seems|looks|sounds) (?:like the )?(?:right|best|correct|most)|"
    r"it is(?=[.!,]|\Z)|wins)(?![^\W_])|"
    r"[^\S\n](?:ist (?:die )?(?:richtig|korrekt|beste)|passt am besten|trifft zu|est la (?:bonne|plus|meilleure)|"
    r"convient|"
    r"es (?:sin duda )?la (?:correcta|mejor|más|adecuada|respuesta)|es correcta|é a (?:correta|certa|melhor|mais|"
    r"resposta)|está corret|"
    r"è (?:la )?(?:corretta|giusta|risposta)|on oikea|sopii par|einstufen|einordnen|bezeichnen|werten|deuten|"
    r"überwiegt|dominiert|predomina|prevalece|prevale|l'emporte|domine|преобладает|hallitsee|верн|"
    r"подходит (?:лучше|больше)|—[^\S\n]да|"
    r"est la bonne|هو (?:الصحيح|الجواب|الانسب)|هي الصحيح)|"
    r"[^\S\n]?(?:项|項|选项)?(?:最(?:符合|合适|合適|恰当|贴切|准确|能)|正确|正確|是正确|符合|更合适)"
    r")"
)
_DOUBT_AFTER = (
    r"[\"'”’»」』)*_`]{0,4}(?:"
    r"[^\W\d_]{0,3}[^\S\n](?:al principio|al inicio|no início|no começo|au début|anfangs|am anfang|zunächst|başta|"
    r"aluksi|в начале|сначала|في البدايه|zuerst)(?![^\W_])|"
    r"も(?:少し|わずか|若干|やや)|"
    r"[^\S\n](?:at first|initially|in the beginning|at the start|would (?:be|make|need|have|require|suggest|look|"
    r"sound)|looks different|sieht anders|klingt anders|could|might|may|is (?:possible|tempting|plausible|less|"
    r"the second|second|secondary)|"
    r"as (?:a|the|my) second|seems (?:possible|less)|comes second|if|was (?:my|only|just)|wäre|könnte|"
    r"liegt (?:nahe|dahinter)|serait|pourrait|sería|podría|seria|poderia|"
    r"sarebbe|potrebbe|olisi|voisi|была? бы|может|could be)(?![^\W_])|"
    r"[^\W\d_]{0,10}[^\S\n](?:olabilir|gibi[^\S\n]|olsa|görünse|sanil|arasinda)|"
    r"[^\W\d_]{0,10}[^\S\n](?:voisi|olisi)[^\S\n]|"
    r"[가-힣]{0,8}(?:지만|더라도|으나|다면|다가|[^\S\n]?(?:것[^\S\n]?)?같기도|수도|처럼|[^\S\n]가능성|듯하지만|기도)|"
    r"(?:にも|のよう|ように|そうに|かもしれ|とも|の可能性|かと|なら|であれば|だったら|(?:だ)?とすれば|のに|つつ|"
    r"ながら|ものの)|(?:[^\s、。]{0,14}(?:ですが|ますが|でしたが|ましたが|だが、|けれど|けど))|"
    r"(?:的?可能(?:性)?|也(?:有可能|说得通)|之类|固然|虽)"
    r")"
)


@lru_cache(maxsize=2)
def predicate(kind: str) -> re.Pattern[str]:
    """The pattern of one kind: final (is the best one) or doubt (would be)."""
    return re.compile(spelled(_FINAL_AFTER if kind == "final" else _DOUBT_AFTER))
