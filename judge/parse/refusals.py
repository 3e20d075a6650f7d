"""Words by which a reply declines the task, by language; what a face cannot tell or an AI cannot feel declines nothing.

A reply that declines and then answers is read: the words of refusal only void the labels that they name themselves.
"""

from __future__ import annotations

import re
from functools import lru_cache

from judge.parse.alternatives import grouped
from judge.parse.spelling import spelled

LOOKED_AT = 2000
"""Characters of a reply, at each end, in which a refusal is looked for."""
_APOLOGY = (
    r"(?:(?:i'm|i am)? ?(?:so |very |really )?sorry|unfortunately|i apologi[sz]e|lo siento|désolée?|"
    r"je suis désolée?|es tut mir leid|tut mir leid|leider|很抱歉|抱歉|对不起|對不起|不好意思|"
    r"申し訳ありませんが|申し訳ございませんが|すみませんが|죄송합니다만?|죄송하지만|üzgünüm|özür dilerim|"
    r"valitettavasti|olen pahoillani|"
    r"извините|к сожалению|простите|اعتذر|عذرا|اسف|للاسف|lamento|desculpe|sinto muito|infelizmente|mi dispiace|"
    r"क्षमा करें)"
    r"[,.;!，。！、،]? ?(?:but|aber|pero|mais|mas|ma|но|但是?)?[,，]? ?"
)
_DECLINES = (
    r"(?:i(?:'m| am) (?:unable|not able|not comfortable|not allowed|not permitted)|"
    r"i (?:can't|cannot|can not|won't|will not)(?! help (?:but|\w+ing))"
    r"(?! (?:say|tell|determine) for (?:certain|sure)) "
    r"(?:help|assist|answer|determine|provide|comply|do|identify|say|judge|tell|make|analy[sz]e|continue|engage|"
    r"discuss|"
    r"fulfil|rate|classify|infer|assess|label|process|pick|choose)|i (?:must |have to |"
    r"will )?(?:respectfully )?(?:decline|refuse)|"
    r"as an ai\b[^.]{0,40}\b(?:can't|cannot|unable|do not|don't|have no)|"
    r"我?(?:无法|無法|不能|不便|没办法|沒辦法|拒绝|拒絕)(?:对|對|就|为|為|替|给|給|在|直接|提供|回答|判断|判斷|"
    r"识别|識別|辨|确定|確定|协助|協助|帮|幫|做|作|评|評|分析|满足|告诉|推测|选择|処理|处理|看|听)|"
    r"no puedo|je ne peux pas|ich kann (?:das |dabei |dir |ihnen |diese \w{1,12} )?nicht|"
    r"kann ich (?:\w{1,12} ){0,3}nicht|dazu sage ich nichts|"
    r"não posso|non posso|не могу|я не могу|لا يمكنني|لا استطيع|en voi|yardimci olamam|"
    r"お(?:答え|手伝い)(?:でき|いたしかね)|回答できません|도와드릴 수 없|답(?:변)?할 수 없)"
)
_TASK_EN = (
    r"(?:help|assist|answer|provide|comply|infer|assign|judge|rate|label|classify|assess|pick|choose|guess|"
    r"speculate|evaluate|analy[sz]e|"
    r"fulfil|engage|discuss|identify|determine|score|do (?:this|that|so)|make (?:assumptions|judge?ments?|that))"
)
_ANYWHERE = (
    rf"i(?:'m| am) (?:not (?:going|willing|comfortable|prepared|able|in a position)|unwilling|unable) (?:to |"
    rf"with )?{_TASK_EN}|"
    rf"i (?:won't|will not|can't|cannot|can not|prefer not to|would rather not|'d rather not|would prefer not to|"
    rf"don't feel comfortable) (?:be able to )?{_TASK_EN}(?! but| for (?:certain|sure))|"
    r"i(?:'d| would| will| must| have to| need to| should)? (?:respectfully |politely )?(?:decline|refuse|"
    r"pass on)(?![^\W_])|"
    r"isn't something i(?:'m| am| can)|is not something i(?:'m| am| can)|against my (?:guidelines|policy|policies)|"
    r"(?:guidelines|policy|policies) (?:do not|don't) (?:allow|permit)|"
    r"i(?:'d| would) rather not|isn't something i|is not something i|not something i (?:do|can|will)|"
    r"it (?:would|wouldn't) be (?:in|un|not )?(?:appropriate|ethical|right|fair|responsible) (?:for me )?to|"
    r"i (?:don't|do not) (?:label|rate|judge|classify|assign|infer|provide|make|offer|comment)|"
    r"(?:lehne|lehnen) (?:ich|es|wir)(?![^\W_])|ich lehne|verzichte ich|ich verzichte|ich enthalte mich|"
    r"steht mir nicht zu|davon (?:sehe|nehme) ich|ablehnen|keine (?:einschätzung|bewertung|beurteilung|auskunft|"
    r"angaben?|aussage) (?:ab|geben|machen|treffen|ab)|"
    r"(?:möchte|werde|will|darf|kann|mag|sollte) ich (?:[^\W_]{1,14} ){0,8}?(?:nicht|keine[nrs]?|kein)(?![^\W_])|"
    r"ich (?:möchte|werde|will|darf|kann|mag|sollte|gebe|mache|treffe|nehme) (?:[^\W_]{1,14} ){0,6}?(?:nicht|"
    r"keine[nrs]?|kein)(?! sagen)(?![^\W_])|"
    r"(?:bin|sehe mich) (?:ich )?(?:leider )?nicht (?:in der lage|befugt|bereit)|nicht (?:angemessen|vertretbar|"
    r"zulässig)|"
    r"je préf(?:è|é)re(?:rais)? (?:ne pas|m'abstenir|éviter)|(?:je )?refuse(?: de|r)|je décline|je m'abst|je me garde|"
    r"je ne (?:suis pas (?:autorisée?|en mesure|habilitée?)|souhaite pas|veux pas|vais pas|peux pas|"
    r"peux malheureusement pas|donnerai pas|répondrai pas|me permet|ferai pas|commente)|"
    r"(?:il (?:ne )?(?:m'est|me semble|serait|n'est pas)) (?:pas )?(?:impossible|possible|inapproprié|déplacé|"
    r"approprié|de mon)|"
    r"no (?:voy a|quiero|debo|daré|haré|pienso|me (?:es posible|parece (?:adecuado|apropiado|correcto|ético)|"
    r"corresponde|siento cómod)|estoy (?:autorizad|en condiciones|dispuest|capacitad)|(?:es|sería) (?:apropiado|"
    r"ético|adecuado|correcto))|"
    r"prefiero (?:no|abstenerme|evitar)|me (?:niego|abstengo)|declino|rehúso|no me atrevo a|"
    r"não (?:vou|quero|devo|darei|farei|pretendo|me (?:é possível|sinto|cabe|compete)|estou autorizad|(?:é|"
    r"seria) (?:apropriado|ético|adequado|correto))|prefiro (?:não|me abster|evitar)|me recuso|recuso-me|abstenho|"
    r"declino|"
    r"(?:diretrizes|regras|políticas|directrices|normas) no?ã?o? ?(?:me )?permit\w{1,3}|"
    r"preferisco (?:non|evitare|astenermi)|mi (?:rifiuto|astengo)|non (?:voglio|intendo|darò|sono (?:in grado|"
    r"autorizzat)|(?:è|sarebbe) (?:appropriato|etico|corretto)|mi (?:è possibile|sento))|"
    r"[^\W\d_]{2,20}(?:[ae]m[ae]m|may[ai]cağim|mey[ei]ceğim|[ae]m[iu]yorum|m[ae]k istemiyorum|m[ae]mayi tercih|"
    r"m[ae]meyi tercih)(?![^\W_])|reddediyorum|reddederim|kaçiniyorum|kaçinacağim|"
    r"(?:doğru|uygun|etik) (?:olmaz|değil|bulmuyorum)|"
    r"en (?:voi|aio|halua|pysty|ryhdy|suostu|anna|tee|arvioi|luokittele|lähde|tahdo|katso (?:sopivaksi|oikeaksi)|"
    r"pidä (?:oikeana|sopivana|asianmukaisena))|jätän (?:[^\W_]{1,20} ){0,3}(?:tekemättä|vastaamatta|antamatta)|"
    r"kieltäydyn|pidättäydyn|"
    r"ei ole (?:sopivaa|oikein|soveliasta|asiallista)|"
    r"не (?:могу(?! точно| с уверен)|стану|буду|хочу|берусь|возьмусь|вправе|имею права|готова?|намерена?|"
    r"считаю (?:возможным|уместным|правильным|этичным|корректным))(?![^\W_])|отказываюсь|откажусь|отказаться|"
    r"воздерж|неэтичн|вынужден[а]? отказ|предпоч(?:ту|ел|итаю) не|"
    r"(?:разговоры|тему) (?:[^\W_]{1,12} ){0,3}ограничен|"
    r"لا (?:استطيع|يمكنني|يسمح لي|ارغب|اود|اريد|يجوز لي|يحق لي|ينبغي لي|اقدر)|لن (?:اقوم|اجيب|احكم|اصنف|اختار|احدد|"
    r"اعطي|ابدي|اقيم)|امتنع|ارفض|لست (?:مخولا|قادرا)|افضل (?:عدم|الا|ان لا)|اعتذر|عذرا|يتعذر علي|ليس من (?:حقي|"
    r"المناسب|اللايق)|غير (?:قادر|مخول)|"
    r"नहीं (?:कर|बता|दे) सकत|असमर्थ|मना करता"
)
_ANYWHERE_CJK = (
    r"(?:我)?(?:无法|無法|不能|不便|不会|不會|不适合|拒绝|恕难|恕不)(?:对|對|就|为|為|替|给|給|在|在此|"
    r"直接)[^，。！？,.\n]{0,30}(?:判断|判斷|选择|選擇|评|評|推测|推測|标|做出|作出|分析|回答)|"
    r"(?:无法|無法|不能|难以)(?:准确|直接)?(?:判断|判斷|识别|識別|确定|推断|分析|评判|"
    r"给出)[^，。,.\n]{0,24}(?:情绪|情緒|情感|感受|心情|答案|选项|问题|內心|内心)|"
    r"(?:no puedo|não posso|não consigo|non posso) (?:ayud|ajud|aiut|respond|rispond|identific|determin|anali[zs]|"
    r"evalu|avali|infer|proporcion|fornec|asign|atribu|"
    r"dar|elegir|escolher|scegliere|clasific|classific|juzg|julg|giudic|emit)|"
    r"kann ich (?:\w{1,14} ){0,7}nicht (?:beurteilen|beantworten|erkennen|bestimmen|"
    r"einschätzen|bewerten|zuordnen|helfen|erfüllen)|kann (?:ich )?keine (?:emotion|gefühl|aussage|einschätzung|"
    r"bewertung|angabe)|"
    r"(?:无法|無法|不能|不便|不会|拒绝|拒絕)(?:提供|回答|协助|協助|帮您|帮你|帮助|幫|满足|评判|做出|作出|参与|"
    r"完成)|没有?学会回答|换个话题|恕我不能|"
    r"(?:不方便|不予|不宜|无权|不愿|不打算|不想|婉拒|恕|不便|不会)(?:对|就|评|判断|回答|作答|置评|做|作|给|猜测|"
    r"推断|妄)|不(?:作|做|予)(?:评价|判断|评判|回答|置评|标注)|超出(?:了)?(?:我的)?(?:能力|职责|范围)|没有?资格|"
    r"无可奉告|"
    r"いたしかね|致しかね|できかね|差し控え|控えさせて|控えます|お断り|辞退|ご遠慮|遠慮させ|ご容赦|応じられません|"
    r"応じかね|お答え(?:でき|しません|することはでき|は控)|お応え(?:でき|することはでき)|お手伝いでき|回答(?:でき|"
    r"いたし|することはでき|は控)|"
    r"(?:(?<!人物を)(?<!個人を)(?<!本人を)(?<!身元を)特定|判断|推測|判定|評価|分析|分類|回答|断定|推定)(?:を)?(?:する)?(?:こと)?(?:は|が)?(?:でき(?:ません|"
    r"ない)|いたしません|しません|行いません)|対応できません|"
    r"(?:도와|도움|답변|응답|답|판단|평가|제공|추측|추정|분석|언급|말씀|규정|식별|수행|분류|선택|매기|응|"
    r"판정)[^\s.,]{0,10}[^\S\n]?(?:[^\s.,]{1,6}[^\S\n])?(?:수[^\S\n]없|어렵|않겠|않습니다|힘들|곤란|못[^\S\n]?하|"
    r"어려)|거절하|삼가|사양하|거부하|하지 않겠습니다|적절하지 않"
)
_BUT = re.compile(
    r"(?<![^\W_])(?:but|however|though|yet|still|nevertheless|aber|jedoch|dennoch|mais|cependant|toutefois|pero|"
    r"sin embargo|mas|porém|contudo|ma|tuttavia|"
    r"но|однако|ama|ancak|fakat|mutta|kuitenkin|و?لكن(?:ه|ها|هم|ني)?|غير ان|लेकिन|पर)(?![^\W_])|"
    r"但是?|不过|然而|只能说|しかし|ですが|ますが|ませんが|ないが|けれど|하지만|지만|그러나|[：:]"
)
_END = re.compile(r"[.!?؟](?=\s|\Z)|[。！？\n]")
_MARKS = " \t\r\n\u00a0*_`#>-\"'“”‘’«»「」『』()[]{}<.,;:!。，！：；、"
_AT_THE_END = re.compile(r"[\u3040-\u30ff\uac00-\ud7a3ğşı]|yapamam|veremem|olamam|lehne|doğru")
"""Of languages in which the verb comes last."""


@lru_cache(maxsize=2)
def refusal(where: str) -> re.Pattern[str]:
    """The pattern for the `start` of a reply, or for `anywhere` in it; of a text in lower case and one spelling."""
    if where == "start":
        return re.compile(spelled(rf"(?:{_APOLOGY})?{_DECLINES}"))
    return re.compile(
        rf"(?<!while )(?<!although )(?<!though )(?<![^\W_])(?:(?<!['\"“‘«])|(?<=: \")|(?<=:\")){grouped([_ANYWHERE])}|"
        rf"{grouped([_ANYWHERE_CJK])}"
    )


def is_refusal(text: str) -> bool:
    """True where the text begins by declining, after an apology or not, or declines the task later; a heuristic."""
    low = spelled(text.casefold().replace("’", "'"))
    if refusal("start").match(low[:400].lstrip(_MARKS)) is not None:
        return True
    return any(refusal("anywhere").search(piece) is not None for piece in _ends_of(low))


def _ends_of(text: str) -> tuple[str, ...]:
    return (text,) if len(text) <= 2 * LOOKED_AT else (text[:LOOKED_AT], text[-LOOKED_AT:])


@lru_cache(maxsize=256)
def declined(text: str) -> tuple[tuple[int, int], ...]:
    """Places in a `plain` text that lie within the words of a refusal, each to its sentence's end or to a `but`."""
    low = len(text) - len(text.lstrip(_MARKS))
    found = [match.span() for match in [refusal("start").match(text, low, low + 400)] if match]
    pieces = [(0, len(text))] if len(text) <= 2 * LOOKED_AT else [(0, LOOKED_AT), (len(text) - LOOKED_AT, len(text))]
    for start, end in pieces:
        found += [match.span() for match in refusal("anywhere").finditer(text, start, end)]
    return tuple(_scope(text, start, end) for start, end in found)


def _scope(text: str, start: int, end: int) -> tuple[int, int]:
    if _AT_THE_END.search(text, start, end):
        before = text[max(0, start - 300) : start]
        cut = max([match.end() for pattern in (_END, _BUT) for match in pattern.finditer(before)], default=0)
        start = start - len(before) + cut
    stops = [match.start() for pattern in (_END, _BUT) for match in [pattern.search(text, end, end + 400)] if match]
    return start, min(stops, default=min(len(text), end + 400))
