"""The same in other languages."""

from __future__ import annotations

from routing.analysis.terms.rows import parse

OPENING = parse("""
transform.order 2.8: sortier* | trie | triez | ordena | ordene | ordina | sorteer | sortér | sortera
transform.order 2.8: posortuj | отсортируй
transform.convert 2.4: wandle | konvertier* | rechne | convertis | convertissez | convierte | converti
transform.convert 2.4: converta | zet | omregn | omvandla | przelicz | zamień | переведи в | преобразуй
transform.convert 2.4: dönüştür | calcule | calcula | berechne
extraction.extract 2.8: extrahier* | extrais | extrayez | extrae | extraiga | estrai | extraia | haal
extraction.extract 2.8: uddrag | wyodrębnij | извлеки
classification.label 2.8: klassifizier* | ordne | classe | classez | clasifica | classifica | classifique
classification.label 2.8: klasyfikuj
summary.summarise 3.2: fasse | zusammenfass* | résume | résumez | resume | resuma | resumir | riassumi | vat
summary.summarise 3.2: opsummer* | sammanfatta | streść | podsumuj | резюмируй | кратко изложи | özetle
summary.summarise 3.2: tóm tắt
translation.translate 3.6: übersetz* | traduis | traduisez | traduce | traduzca | traduci | traduza
translation.translate 3.6: vertaal | oversæt | översätt | oversett | przetłumacz | переведи | переклади
translation.translate 3.6: çevir | dịch | wie sagt man
translation.translate 4.0: come si dice | comment dit-on | comment dit on | cómo se dice | como se diz
translation.translate 4.0: hoe zeg je | hur säger man | jak powiedzieć | jak się mówi | как сказать
translation.translate 4.0: как будет | як сказати
faq.fact 1.9: was ist | wer ist | wer war | wann | wo ist | warum | wieso | wie funktioniert | wie viele
faq.fact 1.9: wie hoch | wie lange | wie | qu'est | quel | quelle | quels | qui est | quand | où | pourquoi
faq.fact 1.9: combien | comment | c'est quoi | qué | quién | cuándo | dónde | por qué | cuánto* | cuánta*
faq.fact 1.9: cuál | cómo | che cos'è | qual | chi | quando | dove | perché | quanto | come | o que | quem
faq.fact 1.9: onde | por que | quantos | como | wat is | wie is | wanneer | waarom | hoeveel | hoe | hvad
faq.fact 1.9: hvem | hvornår | hvorfor | hvor | hva | vad | vem | varför | hur | jaka | jaki | kto | kiedy
faq.fact 1.9: dlaczego | ile | jak | co to | что | кто | когда | где | почему | сколько | как | какая
faq.fact 1.9: какой | що | хто | коли | чому | скільки | ποια | ποιος | τι | πότε | πού | γιατί | πόσο
faq.fact 1.9: nedir | kim | neden | kaç | nasıl
faq.explain 1.9: erkläre | erklär | explique | explica | spiega | leg uit | forklar | förklara | wyjaśnij
faq.explain 1.9: объясни | поясни | açıkla
conversation.greeting 3.6: hallo | guten | moin | servus | bonjour | salut | coucou | hola | buenos | buenas
conversation.greeting 3.6: ciao | olá | oi | hej | hei | cześć | dzień | привет | здравствуй* | привіт
conversation.greeting 3.6: γεια | merhaba | selam | ahoj | xin chào | buongiorno | bom dia
conversation.thanks 3.4: danke | merci | gracias | grazie | obrigad* | bedankt | dank | tak | tack | takk
conversation.thanks 3.4: dziękuję | спасибо | дякую | teşekkür*
drafting.write 2.0: schreib | schreibe | verfasse | formulier* | écris | rédige | redige | rédigez | escribe
drafting.write 2.0: redacta | scrivi | escreva | schrijf | skriv | napisz | напиши | yaz | viết | plane
drafting.write 2.0: planifie | planifica | pianifica | korrigier* | corrige
reasoning.decision 2.2: soll ich | sollte ich | darf | kann ich | muss ich | dois-je | puis-je
reasoning.decision 2.2: est-ce que je | debería | puedo | devo | posso | mag ik | moet ik | kan ik | må jeg
reasoning.decision 2.2: bør jag | czy mogę | czy powinienem | можно ли | стоит ли | мне
reasoning.maths 3.0: beweise | löse | démontre | résous | demuestra | resuelve | dimostra | risolvi
reasoning.maths 3.0: prove que | bewijs | udowodnij | докажи
reasoning.decision 2.4: vergleiche | bewerte | compare | comparez | compara | confronta | vergelijk
reasoning.decision 2.4: porównaj | сравни | karşılaştır
""")

ANYWHERE = parse("""
transform.convert 1.8: in json | als json | en json | in großbuchstaben | en majuscules | en mayúsculas
transform.convert 1.8: aufsteigend | absteigend
transform.units 1.6: en kilomètres | in kilometer | en kilómetros | in chilometri | alphabetisch | par ordre
transform.units 1.6: por orden
extraction.extract 1.6: de este texto | de ce texte | aus diesem text | aus dem text | da questo testo
extraction.extract 1.6: deste texto | aus der
classification.label 2.2: einer kategorie | kategorie | catégorie | categoría | positiv oder negativ
classification.label 2.2: positif ou négatif
summary.summarise 2.4: zusammenfassung | résumé de | un resumen | un riassunto | samenvatting | zusammen
summary.summarise 2.4: en una frase | stichpunkte
summary.summarise 2.2: en resumen | kurz gesagt | fass zusammen | en bref | in sintesi | em resumo
summary.summarise 2.2: kort sagt | w skrócie | вкратце | коротко
translation.translate 2.4: ins englische | ins deutsche | auf englisch | al inglés | en anglais | in inglese
translation.translate 2.4: para inglês | на английский | en français | al español | ins französische
translation.translate 2.4: på engelsk | till engelska | naar het engels | na angielski
translation.translate 2.6: übersetzen | auf spanisch | auf deutsch | auf französisch | traducir | traduire
translation.translate 2.6: tradurre | traduzir | en alemán | in het engels | in het frans | em inglês
translation.translate 2.6: em espanhol | in spagnolo | in francese | på svenska | по-английски
drafting.email 2.4: courriel | un mail | e-mail | correo | einladung | bewerbung | lettre | carta | lettera
drafting.email 2.4: brief | brev | письмо | mektup
drafting.document 1.8: discours | rede | discurso | bericht | rapport | informe | aufsatz | artikel über
drafting.document 1.8: протокол | ogłoszenie
creative.poem 3.2: gedicht | poème | poema | poesia | gedichtje | digt | dikt | wiersz | стих* | вірш | şiir
creative.poem 3.2: chanson | canción | lied
creative.story 3.0: geschichte über | eine geschichte | histoire | cuento | racconto | história | verhaal
creative.story 2.8: придумай | сочини | фантастическ* | сценари* | персонаж* | novela | personaje* | guion
creative.story 2.8: relato | dialogue | scénario | personnage* | drehbuch | szene | romanzo | sceneggiatura
creative.story 2.8: personaggio | roteiro | personagem | scenariusz | postać | povídka | scénář | příběh | hikaye
creative.story 2.8: senaryo | câu chuyện | kịch bản | truyện | ιστορία | cerita | priču | historia sobre
creative.poem 3.0: песн* | рифм* | куплет* | тост | стихотворение | báseň | pesmu | pesma | stihova | bài thơ | thơ
creative.poem 3.0: bài hát | şarkı | ποίημα | τραγούδι | puisi | lagu | piosenk* | chanson sur | canción sobre
creative.ideas 2.6: inventa | inventez | invente | imagina | imagine | erfinde | denk dir | vymysli | wymyśl
creative.ideas 2.6: uydur | представь | шутк* | анекдот* | chiste* | blague* | witz | witze | barzelletta
reasoning.maths 2.8: рассчитай* | вычисли* | найди | уравнени* | вероятност* | задача | процентн* | корни
reasoning.maths 2.8: calcular | ecuación | probabilidad | tasa de | halle | determine la | équation | probabilité
reasoning.maths 2.8: calculez | gleichung | wahrscheinlichkeit | berechne* | equazione | probabilità | equação
reasoning.maths 2.8: oblicz | równanie | prawdopodobieństwo | vypočítej | rovnice | hesapla | denklem | olasılık
reasoning.maths 2.8: tính | phương trình | xác suất | εξίσωση | πιθανότητα | hitung | persamaan
code.write 2.4: программ* | скрипт* | код | programación | lập trình | hàm | kod | aplikacj* | aplicación
creative.story 3.0: opowiadanie | сказк* | рассказ
code.write 2.6: funktion | fonction | función | funzione | função | functie | programm | skript | código
code.write 2.6: funkcj* | функци* | quellcode
reasoning.decision 1.8: vor- und nachteile | avantages et | ventajas y | pro e contro | schritt für schritt
reasoning.decision 1.8: étape par étape | paso a paso
""")

# Scripts written without spaces, or with glued articles: looked for as they stand.
SCRIPTS = parse("""
transform.convert 2.6: 转换 | 换算 | 排序 | 変換 | 並べ替え | 変換して | 변환 | 정렬 | แปลงหน่วย | حوّل
transform.convert 2.6: रूपांतर
extraction.extract 2.6: 提取 | 抽出 | 추출 | ดึงข้อมูล | استخرج | निकालें
classification.label 2.6: 分类 | 分類 | 분류 | จำแนก | صنف | वर्गीकृत
summary.summarise 3.4: 总结 | 概括 | 摘要 | 要約 | まとめて | 요약 | สรุป | لخص | סכם | सारांश
translation.translate 3.8: 翻译 | 译成 | 訳して | 翻訳 | 번역 | แปลเป็น | ترجم | תרגם | अनुवाद
faq.fact 2.4: 什么 | 为什么 | 怎么 | 如何 | 哪 | 多少 | 誰 | 何 | なぜ | どこ | いつ | どう | 무엇 | 어디
faq.fact 2.4: 왜 | 어떻게 | 언제 | 누구 | 몇 | 뭐 | อะไร | ทำไม | อย่างไร | ที่ไหน | ما هي | ما هو | لماذا
faq.fact 2.4: كيف | متى | أين | מה | למה | איך | איפה | मתי | क्या | क्यों | कैसे | कहाँ
conversation.greeting 3.4: 你好 | 谢谢 | こんにちは | ありがとう | おはよう | 안녕 | 감사 | สวัสดี | ขอบคุณ
conversation.greeting 3.4: مرحبا | شكرا | שלום | תודה | नमस्ते | धन्यवाद
drafting.write 2.4: 写一封 | 邮件 | 写一篇 | メールを書 | 手紙 | 이메일 | 작성해 | เขียนอีเมล | اكتب رسالة
drafting.write 2.4: כתוב | पत्र लिख
creative.poem 3.0: 诗 | 故事 | 俳句 | 詩を | 物語 | 시를 | 이야기 | บทกวี | นิทาน | قصيدة | قصة | שיר
creative.poem 3.0: סיפור | कविता | कहानी
creative.story 2.8: 小说 | 剧本 | 歌词 | 角色 | 虚构 | 情节 | 小説 | 歌詞 | ラップ | セリフ | 소설 | 대본
creative.story 2.8: 노래 | 가사 | 캐릭터 | 笑话 | 詩歌 | 对联 | 设定 | เพลง | نكتة
creative.story 2.8: أغنية | رواية | شعر | داستان | ترانه
reasoning.maths 2.8: 计算 | 概率 | 方程 | 求出 | 已知 | 多少个 | 公倍数 | 计算出 | 計算
reasoning.maths 2.8: 確率 | 方程式 | 계산 | 확률 | 방정식
reasoning.maths 2.8: احسب | معادلة | احتمال | محاسبه | חשב | משוואה | คำนวณ | สมการ | गणना | समीकरण
code.write 1.8: 函数
code.write 3.0: 代码 | 编程 | コード | 関数 | 코드 | 함수 | โค้ด | ฟังก์ชัน | كود | דוד קוד | कोड
reasoning.maths 2.8: 证明 | 求解 | 証明 | 解いて | 증명 | พิสูจน์ | أثبت | הוכח | सिद्ध
reasoning.decision 2.2: 应该 | 可以吃 | べき | してもいい | 해도 되 | 해야 | ควร | هل يجب | هل يمكنني
reasoning.decision 2.2: האם כדאי | क्या मुझे
""")
