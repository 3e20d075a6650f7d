"""Which languages of Latin script a text is written in, by its commonest words; other scripts say it themselves.

It decides whose endings a label may bear: öfkelidir in a Turkish text, vihaa in a Finnish one. A text of English words
alone gets none, so that sadden is not sad.
"""

from __future__ import annotations

import re
from functools import lru_cache

from judge.parse.spelling import spelled

LOOKED_AT = 1500
"""Characters of a text, at each end."""
_WORD = re.compile(r"[^\W\d_]{1,30}")
_COMMON = {
    "de": (
        "der die das den dem des ein eine einen einem einer und ist nicht sie er es im am zu von mit auf für sich "
        "auch aber "
        "ihr ihm ihn ihre ihrer sein seine dass wie was bei nach vom zum zur kein keine noch nur wird hat haben "
        "war mund blick augen "
        "gesicht steht ins weil oder wenn neutral wirkt klingt zeigt stimme gefühl stimmung wäre sehr hier freude "
        "trauer wut angst überraschung traurig wütend "
        "ängstlich fröhlich glücklich überrascht ärger ekel scham stolz traurigkeit zorn furcht ruhig antwort person"
    ),
    "tr": (
        "bana bence kadar hiç şu o onu sonra önce gözleri ağzi bakişi adamin kadinin yüzü yüzünde bir ve bu da de "
        "için çok ama kadın adam kişi kişinin duygu duygusu ses sesi sesinde cevap yanit göre gibi daha olarak "
        "ne değil var yok ise sevinç mutlu mutluluk neşe üzüntü üzgün hüzün öfke öfkeli kizgin korku korkmuş "
        "şaşkinlik şaşkin şaşirmiş nötr tarafsiz tiksinti utanç gurur kaygi yüz ifadesi onun hissediyor"
    ),
    "fi": (
        "hänellä hänet silmät suu katse äänensä tämä joka sen siinä nyt vielä jo kun jos hän on ja ei se että "
        "mutta kuin tai ovat oli olisi hänen ääni äänessä ilme kasvot vastaus tunne koska myös vain "
        "ilo iloinen onnellinen suru surullinen viha vihainen pelko pelokas peloissaan yllätys yllättynyt hämmästys "
        "neutraali inho häpeä ylpeys ahdistus kuulostaa näyttää vaikuttaa nainen mies henkilö puhuja tässä"
    ),
    "es": (
        "el la los las un una y es está no de que en por con su se al del muy pero porque más ella él voz emoción "
        "persona "
        "alegría alegre feliz felicidad tristeza triste enojo ira enojado enfadado miedo asustado sorpresa sorprendido "
        "asco vergüenza orgullo respuesta parece siente"
    ),
    "pt": (
        "o a os as um uma e é está não de que em por com seu sua se ao do da no na muito mas porque mais ela ele "
        "voz emoção "
        "pessoa alegria alegre feliz felicidade tristeza triste raiva irritado medo assustado surpresa surpreso "
        "nojo vergonha "
        "orgulho resposta parece sente neutro"
    ),
    "fr": (
        "le la les un une des et est pas ne de du que qui dans pour avec son sa se au elle il mais plus très voix "
        "émotion "
        "personne joie joyeux heureux heureuse tristesse triste colère fâché peur effrayé apeuré surpris dégoût honte "
        "fierté réponse semble paraît c neutre"
    ),
    "it": (
        "il lo la gli le un una e è non di che in per con suo sua si al del molto ma perché più lei lui voce "
        "emozione persona "
        "gioia felice felicità tristezza triste rabbia arrabbiato paura spaventato sorpresa sorpreso disgusto vergogna "
        "orgoglio risposta sembra sente neutro"
    ),
    "en": (
        "the a an and is not of to in it that this with she he they her his for on but because more very voice "
        "emotion person "
        "joy happy happiness joyful sad sadness anger angry fear afraid scared surprise surprised neutral disgust "
        "answer "
        "sounds looks feels seems was are be as"
    ),
}
_KNOWN = {language: frozenset(spelled(words).split()) for language, words in _COMMON.items()}


@lru_cache(maxsize=1024)
def languages_of(text: str) -> frozenset[str]:
    """The languages of Latin script in a `plain` text: those with most of the common words, English among them."""
    piece = text if len(text) <= 2 * LOOKED_AT else text[:LOOKED_AT] + " " + text[-LOOKED_AT:]
    words = _WORD.findall(piece)
    counts = {language: sum(word in known for word in words) for language, known in _KNOWN.items()}
    most = max(counts.values())
    return frozenset(language for language, count in counts.items() if most and 2 * count > most)
