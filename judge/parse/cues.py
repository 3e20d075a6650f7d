"""Words that say how an answer is meant, by language: stated, doubted, asked, ranked, undecided, corrected.

Texts are `plain`. A blank in an entry stands for one to three blanks. Entries of scripts with spaces begin at a word's
beginning. Each language has a row of its own; none is a sentence of a reply.
"""

from __future__ import annotations

import re
from functools import lru_cache

from judge.parse.alternatives import grouped, words

_IS_EN = (
    "(?: is| was| would be| should be| must be| has to be| will be| remains)(?: therefore| thus| clearly| simply|"
    " most likely| definitely)?"
)
_FINAL_WORDS = (
    # the answer is, I choose, final answer; entries end where the answer begins
    f"answer{_IS_EN}|response{_IS_EN}|verdict{_IS_EN}|conclusion{_IS_EN}|choice{_IS_EN}|pick{_IS_EN}|"
    f"correct option{_IS_EN}|right option{_IS_EN}|correct label{_IS_EN}|best option{_IS_EN}|best label{_IS_EN}|"
    f"best fit{_IS_EN}|"
    f"best match{_IS_EN}|label that fits best{_IS_EN}|final label{_IS_EN}|final emotion{_IS_EN}|"
    "final answer|final verdict|final choice|i choose|i chose|i pick|i select|i go with|i'd go with|i will go with|"
    "i'll go with|"
    "i am going with|i'm going with|going with|i'd go for|i would go for|i go for|i lean towards?|leaning towards?|"
    "i'd opt for|i would say|i'd say|i would choose|i'd choose|i'd pick|i would pick|i'd call|"
    "i would call|i'd label|i would label|i'd read|i would read|i'd classify|i would classify|i classify|i label|"
    "i vote for|"
    "i settle on|settling on|i opt for|my answer",
    "antwort (?:ist|lautet|wäre|heißt)|lösung (?:ist|lautet)|richtig ist|korrekt ist|ich wähle|"
    "ich nehme|ich entscheide mich für|ich würde sagen|ich sage|ich tippe auf|ich bleibe bei|"
    "ich würde(?: \\w{1,12}){0,3} als|ich würde(?: \\w{1,12}){0,2}|ich stufe(?: \\w{1,12}){0,3} als|"
    "die wahl fällt auf|am wahrscheinlichsten(?: ist)?|ergebnis|kategorie|"
    "etikett(?: \\w{1,12})? (?:ist|lautet)|lautet(?: das)?(?: etikett| label| antwort)?|am besten passt",
    "réponse(?: \\w{1,12})? est|je choisis|je dirais|je réponds|j'opte pour|je retiens|je penche pour|"
    "je choisirais|j'opterais pour|je prends|je répondrais|j'y vois|le plus probable(?: est)?|catégorie|je conclus|"
    "bonne réponse",
    "respuesta(?: \\w{1,12})? es|elijo|escojo|elegiría|escogería|optaría por|pondría|respondería|"
    "lo más probable(?: es)?|categoría|clasificación|yo diría|diría que|me quedo con|me decanto por|opto por|"
    "respuesta correcta|marco",
    "resposta(?: \\w{1,12})? é|escolho|escolheria|optaria por|marcaria|responderia|o correto é|"
    "o mais provável(?: é)?|classificação|eu diria|diria que|fico com|opto por|marco|"
    "resposta correta|alternativa correta",
    "risposta(?: \\w{1,12})? è|scelgo|sceglierei|opterei per|risponderei|la più probabile(?: è)?|categoria|direi|"
    "opto per|risposta corretta",
    "cevap|cevabim|doğru cevap|yanit|yanitim|doğru seçenek|doğru şik|seçimim|en muhtemel|bence",
    "vastaus(?:eni)?(?: on)?|oikea vaihtoehto(?: on)?|valitsen|valitsisin|vastaan|"
    "(?<!toiseksi\\x20)todennäköisin(?: vaihtoehto)?(?: on)?|minusta tämä on|sanoisin|päädyn",
    "ответ(?: -| —|:)?|правильный ответ|верный ответ|верен вариант|верна|правильный вариант|выбираю|подходит|"
    "наиболее вероятно|вероятнее всего|я бы сказала?|я бы выбрала?|я бы отнесл?а?|я бы определила?",
    "الاجابه(?: الصحيحه| النهائيه)?(?: هي)?|الجواب(?: الصحيح)?(?: هو)?|الخيار الصحيح(?: هو)?|اختار|"
    "على الارجح(?: ان)?|الارجح(?: ان)?|التصنيف|النتيجه",
    "उत्तर(?: है)?|सही उत्तर|जवाब|मेरा उत्तर",
    "đáp án(?: là)?|câu trả lời(?: là)?|jawaban(?:nya)?(?: adalah)?|antwoord is|odpowiedź to|svaret är",
)
_FINAL_CJK = (
    "答案(?:应该|應該|应当|应)?(?:是|为|為|：|:)|正确(?:答案|选项)(?:应该)?(?:是|为)?|我(?:会|會|选|選|的答案|"
    "认为答案|最终)(?:选择?|選擇?|是)?|"
    '选(?=[^\\S\\n]*["“(]?[a-z](?![a-z]))|(?<![\u3400-\u9fff])选(?![项择出手])|[我应]选(?!项)|故选|故選|因此选|所以选|应选|應選|选择|選擇|应当?(?:判断|判定|归|属)(?:为|于)?|判断为|判定为|归为|歸為|归类为|最合适的(?:标签|答案|选项)(?:是|为)|最(?:符合|贴切|恰当)的(?:\\S{0,6}?)(?:是|为)|'
    "答え(?:は|:|：)|正解は|正解|回答は",
    "정답은|정답|답은|답변은|제 답은",
)
_CONCLUDED_WORDS = (
    # therefore, points to: the end of a thought; the last one counts
    "so it's|so it is|so it must be|so this is|so that is|so that's|so she is|so he is|so they are|so she's|"
    "so he's|it must be|"
    "best described as|best labell?ed|best classified as|best characteri[sz]ed as|points? to|leaves only|"
    "leaving only|that leaves|"
    "which leaves|leaves us with|comes down to|i conclude|we conclude|taken together|all in all|on balance|"
    "in conclusion|overall|"
    "therefore|thus|hence|(?:(?<=[,;:.!]\\x20)|\\A)so|ultimately|in the end|settle it|in summary|my reading|"
    "by elimination|turn(?:s|ed|ing)? into|gives? way to|gave way to|shift(?:s|ed|ing)? to|becomes|"
    "process of elimination|we are left with|i am left with|am left with",
    "wird zu|schlägt um in|weicht|bleibt nur|bleibt also|also (?:lautet|ist|wohl|eher|handelt)|somit|folglich|"
    "daher|deshalb|am ehesten|fazit|"
    "insgesamt|zusammenfassend",
    "devient|laisse place à|se transforme en|donc|par conséquent|par élimination|il s'agit(?: donc)?|c'est donc|"
    "finalement|en conclusion|au final|"
    "en résumé|dans l'ensemble",
    "se convierte en|da paso a|por lo tanto|por tanto|por eso|por eliminación|se trata de|en conclusión|así que|"
    "concluyo|en resumen|"
    "en conjunto|finalmente",
    "transforma-se em|se transforma em|dá lugar a|portanto|logo|por isso|por eliminação|trata-se de|em conclusão|"
    "concluo|em resumo|no conjunto",
    "quindi|pertanto|per esclusione|dunque|si tratta di|in conclusione|in sintesi|nel complesso",
    "sonuç(?: olarak)?|dolayisiyla|bu nedenle|bu yüzden|kisacasi|özetle",
    "siis|joten|kyse on|yhteenveto(?:na)?|eli|näin ollen|lopulta",
    "переходит в|сменяется|ближе всего|итак|значит|следовательно|методом исключения|поэтому|таким образом|итого|"
    "итог|вывод|остается(?: только)?|"
    "скорее всего|в итоге",
    "لذلك|اذن|اذا فهو|بالتالي|الخلاصه|في النهايه",
    "इसलिए|अतः|निष्कर्ष",
)
_CONCLUDED_CJK = (
    "所以(?:是|应当?|應當?|他|她)?|因此|综上(?:所述)?|綜上|结论(?:是|为)|可见|转为|变成|变为|转变为|只剩下?|"
    "最后剩下|剩下|总之|總之|"
    "综合(?:来看|判断)|最终|"
    "結論(?:は|として)|したがって|よって|従って|以上から|つまり|総合すると|最終的に",
    "따라서|그러므로|그러니|결론적으로|결론은|그래서|종합하면",
)
_CORRECTED_WORDS = (
    "wait|scratch that|correction|i correct|let me correct|my mistake|on reflection|on second thought|no, rather|"
    "sorry|i was wrong",
    "korrektur|moment|ich korrigiere|nein, doch|falsch gelegt|bei genauerem",
    "je corrige|correction|je me corrige|pardon|à la réflexion",
    "corrijo|me corrijo|perdón|rectifico|corrección|correção|me retifico|pensando melhor|desculpe|mi correggo|anzi",
    "düzeltiyorum|özür dilerim|yanliş işaretledim|daha doğrusu",
    "korjaan|anteeksi|tarkemmin|korjaus",
    "поправка|исправляюсь|поправлюсь|точнее|извините|ошибся|ошиблась",
    "عفوا|اصحح|تصحيح|بل الاصح",
)
_CORRECTED_CJK = (
    "不对，|不對，|等等|更正|纠正|重新(?:考虑|看)|再(?:听|看|想)|しかし見直|訂正|いや、|待って",
    "아니다|정정|다시 보니|취소",
)
_STATED_WORDS = (
    "emotions?(?: \\w{1,14}){0,5}?(?: is| are| was| seems to be| appears to be| would be)|"
    "feeling(?: \\w{1,12}){0,3}?(?: is| was)|"
    "emotional state(?: \\w{1,12}){0,3}?(?: is| was)|mood(?: \\w{1,12}){0,3}?(?: is| was)|"
    "sentiment(?: \\w{1,12}){0,3}?(?: is| was)|"
    "label(?: is|:)|reads as|comes across as|comes through as|conveys|expresses|is feeling|in short|"
    "dominant|predominantly|primarily|mainly|mostly|(?<!second\\x20)(?<!next\\x20)most likely|clearly|instead|"
    "really|in fact|in reality|"
    "actually|unmistakably|most probably|above all|i think|i believe",
    "emotion(?: \\w{1,14}){0,4}?(?: ist)|gefühl(?: \\w{1,14}){0,4}?(?: ist)|stimmung ist|schlicht|eindeutig|"
    "in wahrheit|eher|"
    "tatsächlich|sondern|vor allem|überwiegend|wohl",
    "émotion(?: [^\\s.,;]{1,14}){0,5}? est|sentiment(?: [^\\s.,;]{1,14}){0,5}? est|c'est|en réalité|globalement|"
    "surtout|plutôt|clairement|avant tout|seule?",
    "lo que (?:predomina|domina|prevalece) es|emoción(?: \\w{1,14}){0,5}? es|sentimiento(?: \\w{1,14}){0,4}? es|"
    "en realidad|sobre todo|en general|claramente|sino|lo que hay|más bien",
    "emoção(?: \\w{1,14}){0,5}? é|sentimento(?: \\w{1,14}){0,4}? é|na verdade|no geral|claramente|sobretudo|e sim|"
    "no fundo",
    "emozione(?: \\w{1,14}){0,5}? è|sentimento(?: \\w{1,14}){0,4}? è|in realtà|soprattutto|bensì|chiaramente|"
    "nel complesso",
    "duygu(?:su|nun)?|duygusu|aslinda|genel olarak|düpedüz|asil|baskin duygu",
    "tunne(?:tila)?(?: on)?|todellisuudessa|selvästi|oikeastaan|ennen kaikkea|vaan|kokonaisuutena",
    "эмоци[яи](?: \\w{1,14}){0,4}?(?: —| -|:)|чувство|на самом деле|в целом|прежде всего|скорее|явно|все же|только",
    "الشعور(?: \\w{1,12}){0,3}?(?: هو)?|العاطفه(?: \\w{1,12}){0,3}?(?: هي)?|المشاعر|بل(?: هو| هي)?|في الواقع|"
    "في الحقيقه|بوضوح|انه|انها|انما",
    "भावना|भाव|वास्तव में|दरअसल",
)
_STATED_CJK = (
    "(?:情绪|情緒|情感|感情|心情|状态|狀態|标签|標籤|类别|類別|感受)(?:状态|类别|标签|ラベル|カテゴリー?|主要|应该|"
    "應該)?(?:是|为|為|属于|：|:)|而是|却|反而|其实(?:是)?|更像是|更多(?:的)?是|明显(?:是)?|主要是|"
    "整体(?:上|来看)?|总的来说|总体|属于|显然|说明(?:他|她)?|実際|むしろ|全体として|感情は|気持ちは|明らかに",
    "감정은|감정 상태는|사실은|실제로는|전체적으로|종합적으로|분명히",
)
_IF = "(?:(?<=[,;:.(]\\x20)|\\A)"
"""Where a clause begins: si, se, da are other words elsewhere."""
_DOUBT_WORDS = (
    "although|though|even though|even if|while|whereas|despite|in spite of|if|unless|were it|might|may|could|"
    "can be|perhaps|maybe|possibly|"
    "would have|would be|would make|whether|mistaken for|mistake (?:it|this) for|tempting|tempted|looks? like|"
    "resembles?|almost|nearly|"
    "alternatively|alternative|other candidates?|also considered|considered|pretend(?:s|ed|ing)?|plays?|claims?|"
    "says?|said|acts?|some (?:\\w{1,12} )?(?:would|might|may|could|people|viewers)|"
    "because|since|due to|as if|as though|for example|such as|unlike|compared (?:to|with)|than|seemingly|supposed|"
    "would need|would call|would require|"
    "would suggest|ironic(?:ally)?|sarcastic(?:ally)?|typical of|expected|one could|you could|at odds with|"
    "in contrast|as (?:shown|evidenced|indicated|seen|suggested|the)|(?:evidenced|shown|indicated|suggested) by|"
    "reason(?:ing)?:",
    f"obwohl|obgleich|auch wenn|wenn|falls|ob|während|trotz|könnte|könnten|vielleicht|möglicherweise|würde|"
    f"scheinbar|weil|{_IF}da|denn|als ob|"
    "als wäre|sagt|behauptet|man könnte|manche|naheliegend wäre|angeblich|ironisch|statt dessen",
    f"bien que|même si|malgré|quoique|tandis que|alors que|{_IF}si|pourrait|pourraient|peut-être|on croirait|"
    f"on pourrait|parce que|car|puisque|"
    "certains|comme si|quoi que|aurait|dit|prétend|on dirait presque",
    f"aunque|a pesar de|si bien|mientras que|{_IF}si|podría|podrían|puede|quizá|quizás|tal vez|porque|ya que|pues|"
    f"algunos|como si|habría|sería|haría|"
    "exigiría|parecería|dice|finge|algunas personas",
    f"embora|apesar de|ainda que|mesmo que|enquanto|{_IF}se|poderia|poderiam|pode|talvez|porque|pois|já que|alguns|"
    f"como se|seria|teria|hesitei|diz|finge",
    f"anche se|sebbene|nonostante|benché|mentre|{_IF}se|potrebbe|forse|perché|poiché|dato che|come se|sarebbe|dice|"
    f"finge",
    "rağmen|belki|eğer|biraz da|çünkü|kalan|sanki|diyor|diyerek|söylüyor",
    "vaikka|huolimatta|jos|voisi|voi|ehkä|saattaa|mahdollisesti|koska|sillä|olisi|sanoo|väittää",
    "хотя|несмотря|если|может|могл[оаи]?|возможно|потому что|так как|поскольку|как будто|будто|бы|некоторые|ли|"
    "говорит|сказал[аи]?|якобы",
    "رغم|وان|ومع ان|مع ان|على الرغم|اذا|لو|ربما|قد|يمكن|لان|كما لو|يقول|تقول|يدعي|تدعي",
    "यद्यपि|हालांकि|अगर|यदि|शायद|क्योंकि|कहता|कहती",
)
_MINOR_WORDS = (
    "at first|initially|at first glance|first impression|first impulse|first thought|originally|in the beginning|"
    "at the start|starts? (?:out )?(?:as|with)|"
    "flickers? of|hints? of|touch of|traces? of|trace amounts?|bit of|tinge of|undertones?(?: of)?|moment of|brief|"
    "briefly|momentarily|followed by|"
    "secondary|second|2nd|3rd|alternatives?|next|runner-up|less likely|"
    "less probable|least likely|others?|slight(?:ly)?|then|underlying|"
    "mixed with|tinged with|with some|faint|somewhat|less",
    "zunächst|zuerst|anfangs|auf den ersten blick|ein wenig|etwas|hauch von|anflug von|kurz|gefolgt von|"
    "für einen moment|dann|leichte?|an zweiter stelle|weniger wahrscheinlich|nebenemotion|nebengefühl|sekundäre?",
    "d'abord|au début|à première vue|un peu de|une pointe de|brièvement|suivie? de|puis|ensuite|en second|"
    "légère(?:ment)?|une touche de|avant|moins probable",
    "al principio|a primera vista|un poco de|algo de|toque de|seguid[oa] de|luego|después|en segundo|primero|tras|"
    "leve(?:mente)?|un atisbo de|menos probable",
    "a princípio|à primeira vista|no início|um pouco de|toque de|seguid[oa] de|depois|em segundo|primeiro|"
    "leve(?:mente)?",
    "all'inizio|a prima vista|un po' di|seguit[oa] da|poi|in secondo|inizialmente|leggera(?:mente)?",
    "ilk anda|ilk bakişta|başta|önce|biraz|ardindan|sonra|ikinci|ikincil|hafif",
    "ensin|aluksi|hetken|hieman|hiukan|seuraavana|sitten|toiseksi|lievästi",
    "сначала|поначалу|вначале|в начале|на первый взгляд|немного|слегка|затем|потом|поверхностно|на втором месте|"
    "вторичн(?:ая|ый|ое)|менее вероятно|оттенок|нотк[иау]",
    "في البدايه|للوهله الاولى|في اول|قليل من|بعض|يليه|تليه|ثم|اقل احتمالا",
    "पहले|थोड़ा|फिर",
)
_MINOR_CJK = (
    "乍一看|一开始|一開始|起初|开始时|初看|最初|其次|接着|一丝|夹杂|带着一点|带有一丝|有点|略带|次要|随后|"
    "最初は|最初|はじめは|初めは|一見|次に|一瞬|わずか|少し",
    "처음|처음에는|잠깐|약간|조금|다음으로|초반",
)
_DOUBT_CJK = (
    "虽然|雖然|虽|尽管|儘管|即使|即便|如果|要是|若|可能|也许|也許|或许|或許|好像|似乎|有点像|有人|"
    '因为|因為|由于|由於|假装|是否|是不是|有没有|没准|会不会|不知道是|说着|声称|嘴上说|说[：:，]?(?=[“「"])|もし|かもしれ|例えば|仮に|言葉では',
    "만약|아마|혹시|비록|왜냐하면|물론|말로는|설령",
)
_UNDECIDED_WORDS = (
    "equally|both fit|both are|both readings|either way|either one|either of|tied|tie between|it's a tie|toss-up|"
    "torn between|can't decide|cannot decide|hard to say which|"
    "no way to choose|impossible to choose|impossible to decide|fifty-fifty|50/50|as likely as|just as likely|"
    "one can tell which|can't tell which|cannot tell which|either",
    "gleichermaßen|ebenso gut|beides|gleich wahrscheinlich|unentschieden|ebenfalls|entweder|"
    "lässt sich nicht entscheiden|zu gleichen teilen",
    "à égalité|autant|également possible|tout aussi|les deux|aussi bien|soit|impossible de trancher|à parts égales",
    "igualmente|por igual|ambas|ambos|empate|tanto|las dos|los dos|mismo peso|indistintamente|o bien|as duas|"
    "os dois|tanto faz|em igual medida",
    "in egual misura|ugualmente|entrambe|entrambi|alla pari|sia",
    "ayni ölçüde|ayni derecede|eşit|ikisi de|arasinda kald|kararsiz|ya da",
    "yhtä|joko|kumpikin|molemmat|tasan|vai",
    "в равной|одинаково|и то, и другое|поровну|либо|оба|обе|пополам|трудно выбрать",
    "بين|كلاهما|بالتساوي|بنفس القدر|على حد سواء|دون ان يرجح|يتارجح|محتملان",
    "दोनों|बराबर",
)
_UNDECIDED_CJK = (
    "难分|難分|不分(?:高下|上下|伯仲)|都(?:说得通|有可能|可以|有道理|成立)|没有优劣|各占|一半一半|同样(?:可能|成立|"
    "合理)|两者(?:皆|都)|二者(?:皆|都)|既可能|无法区分|无从取舍|介于|"
    "半々|どちらと|どちらも|甲乙|迷う|迷って|決めかね|同程度|同じくらい|か.{1,12}のどちらか|五分五分",
    "반반|둘 다|어느 쪽|동등하|똑같이|단정하|또는|구분하기",
)
_RANKED_WORDS = (
    "rank\\w{0,4}|most likely|more likely|likelihood|likely|probab\\w{0,8}|confidence|order of|top \\d|candidates?|"
    "first choice|1st",
    "wahrscheinlich\\w{0,6}|reihenfolge|rangfolge|platz|rangliste|konfidenz|am ehesten",
    "probab\\w{0,8}|classement|classés?|vraisembl\\w{0,6}|par ordre|confiance",
    "orden|ranking|más probable|probable|de mayor a menor|confianza|clasific\\w{0,8}|mais provável|provável|ordem|"
    "confiança|classifica\\w{0,6}|ordine|probabile",
    "olasilik\\w{0,8}|siralama|sirasiyla|ihtimal\\w{0,4}|muhtemel",
    "todennäköis\\w{0,10}|järjesty\\w{0,8}|paremmuus\\w{0,10}",
    "вероятн\\w{0,8}|по убыванию|рейтинг|в порядке",
    "الارجح|ترتيب|احتمال\\w{0,3}|الاكثر|مرتبه",
    "संभावना|क्रम",
)
_RANKED_CJK = (
    "可能性|排序|排名|排列|最可能|从高到低|由高到低|概率|候補|候选|順位|順に|順番|確率|可能性の高い",
    "가능성|순위|순서|순으로|순|확률",
)
_PATTERNS = {
    "final": (_FINAL_WORDS, _FINAL_CJK),
    "concluded": (_CONCLUDED_WORDS, _CONCLUDED_CJK),
    "corrected": (_CORRECTED_WORDS, _CORRECTED_CJK),
    "minor": (_MINOR_WORDS, _MINOR_CJK),
    "stated": (_STATED_WORDS, _STATED_CJK),
    "doubt": (_DOUBT_WORDS, _DOUBT_CJK),
    "undecided": (_UNDECIDED_WORDS, _UNDECIDED_CJK),
    "ranked": (_RANKED_WORDS, _RANKED_CJK),
}


@lru_cache(maxsize=len(_PATTERNS))
def cue(kind: str) -> re.Pattern[str]:
    """The pattern of one kind: final, concluded, stated, doubt, minor, undecided, corrected or ranked."""
    spaced, spaceless = _PATTERNS[kind]
    return re.compile(f"{words(spaced)}|{grouped(spaceless)}")
