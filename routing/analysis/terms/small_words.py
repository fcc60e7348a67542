"""The small words and the letters that tell languages apart."""

from __future__ import annotations

from routing.analysis.terms.rows import words_by_label

SMALL_WORDS = words_by_label("""
en: i in the of and to is that it for you was with are this be have from not what how does do my your can me
en: which who why when please an or write make tell give these about at on if should where a long as into
en: whether
de: in an den folgenden drei der die das und ist nicht ein eine einen ich du wie was für mit auf dem von zu
de: wir sie es im bitte mir kann über warum diese dieser wo wann welche mein meine dir darf soll geht mich
de: zum sind war aus ins wegen hallo danke
fr: en le la les des est et un une pour dans que qui je vous il ne pas ce cette avec sur mon ma quelle quel
fr: comment où pourquoi du au ça mes nous bonjour merci moi texte sont très été chef salut c'est qu'est
es: el la los las de que y en un una es por con para no cómo qué cuál dónde mi su al del se lo este esta
es: puedo cuántos tiene sobre hola gracias estoy si muy más pero son texto está quiero
it: in il lo la gli le di che e un una è per con non come cosa qual quale sono mi del della dei nel al questo
it: questa perché dove ciao grazie puoi fare ho anche più testo quanto
pt: o a os as de que e um uma é por com para não como qual onde meu minha do da dos das em no na este esta
pt: você são está olá obrigado mais mas muito texto quanto posso ao pedindo
nl: in de het een en van is niet ik je wat hoe voor met op dat die zijn te aan er maar ook naar mijn waarom
nl: wie waar kan deze bij uit wordt graag bent hoofdstad moet goed
da: i og det en er ikke jeg du hvad hvordan af til på med for den at som har mig hvorfor kan din hvem noget
da: også fra være blev meget hvornår hej tak nogle skriv
sv: i och det en är inte jag du vad hur av till på med för den att som har mig varför kan din vem något också
sv: från vara mycket när hej tack några skriv om ett
no: i og det en er ikke jeg du hva hvordan av til på med for den å som har meg hvorfor kan din hvem noe også
no: fra være ble mye når hei takk noen skriv om et
pl: i w nie na się z do to jest że jak co czy o po dla ja ty mi jaka jaki jakie proszę gdzie kiedy dlaczego
pl: czym od są był może mój stolica cześć dziękuję tego
tr: ve bir bu ne nasıl için mi mı da de ile çok var bana nedir neden ben sen olan değil gibi kadar daha
tr: lütfen nerede merhaba teşekkürler kim hangi
cs: a je se na v že to jak co ne pro s do jsem jaký jaká kde kdy proč prosím mi mě jsou není být nebo ahoj
cs: děkuji
fi: ja on ei se että mitä miten missä kuka miksi minä sinä en olen ovat mutta tämä voi kiitos hei mikä kun
fi: niin
ro: și este nu în la de ce cum pentru cu care sunt un o mi unde când din pe mai salut mulțumesc vă
hu: a az és nem van hogy mi egy hol mikor miért kérem ez de is meg szia köszönöm vagy volt
id: yang dan di ini itu apa bagaimana untuk dengan tidak saya kamu dari adalah ke tolong bisa mengapa siapa
id: halo
vi: là của và có không tôi bạn gì như thế nào cho với một các này được ở tại sao hãy người trong xin chào cảm
vi: ơn
uk: і та є що як не на у в це з до для я ти мені де коли чому який яка будь ласка чи про під час привіт дякую
ru: и в не на что как это с по для я ты мне где когда почему какой какая пожалуйста или из у о был завтра
ru: привет спасибо
""")

# A letter speaks as loud as a small word, divided by how many languages have it.
LETTERS = words_by_label("""
de: ß ä ö ü
fr: é è ê à ç œ
es: á é í ó ú ñ ¿ ¡
it: à è é ì ò ù
pt: ã õ á é í ó ú ç ê
nl: ë ï
da: æ ø å
sv: ä ö å
no: æ ø å
pl: ł ą ę ś ź ż ó
tr: ğ ı ş ç ö ü
cs: ě ř ů č š ž
fi: ä ö
ro: ț ș ă â î
hu: ő ű á é ö
vi: ơ ư đ ạ ả ấ ầ
uk: і ї є ґ
ru: ы э ъ ё
""")
