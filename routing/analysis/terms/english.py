"""English words that tell the kind of work.

`OPENING` terms count at the start of a sentence of the ask, `ANYWHERE` terms wherever they stand.
"""

from __future__ import annotations

from routing.analysis.terms.rows import parse, words

OPENING = parse("""
transform.order 3.0: sort | reverse | shuffle | deduplicate | dedupe | number these | count the | rank these
transform.order 3.0: alphabeti*
transform.convert 2.2: convert | turn this | turn these | change this | capitali* | lowercase | uppercase
transform.convert 2.2: round | wrap | prefix | append | indent | double | halve | negate | list the squares
transform.convert 2.2: say the alphabet
transform.convert 1.2: put | make this | make these | can you make this | replace | remove | format this
transform.arithmetic 2.0: calculate | compute | add up | sum up these | multiply | divide | what's the sum
transform.arithmetic 2.0: add these | what percentage | how much is | average of | count how | total of
transform.arithmetic 2.0: what's the average
transform.order 2.4: rank from | order these | order the | arrange | put these in order | list these in
transform.order 2.4: merge these lists
transform.convert 2.0: change these | swap | strip | pad | split this | join these | transpose | encode
transform.convert 2.0: decode | reformat | trim
extraction.extract 3.0: extract | pull out | pull the | get the | get all | list all the | list every
extraction.extract 3.0: find all
extraction.extract 1.6: find the | which | list the | identify | copy out
extraction.extract 2.4: grab | collect | retrieve | gather | highlight | pick out | fetch | note down
extraction.extract 2.4: parse out | scrape | get me | give me all the | give me just the | just the
extraction.extract 2.4: show only the | what's the due date
classification.label 3.2: classify | categori* | label | tag these | tag this | is this review | triage
classification.label 2.4: does this comment | does this review | does this sound | is this comment
classification.label 2.4: is this email | is this a | is this message | is the following | is this text
classification.label 2.4: rate this | score this | assign | detect | flag
classification.label 2.6: tag | tag each | mark each | sort into | group these | bucket
classification.label 2.6: decide whether this | decide if | tell if | tell me if the following | tell whether
classification.label 2.6: judge whether | determine whether the | predict whether | choose the category
summary.summarise 3.4: summari* | sum up | tldr | tl;dr | tl dr | condense | shorten | recap | boil
summary.summarise 2.8: give me the gist | in short | brief me | catch me up | digest | compress | trim down
summary.summarise 2.8: give me a summary
summary.summarise 3.0: summary | a summary | overview | synopsis | bottom line | wrap up | the gist
translation.translate 4.0: translat* | how do you say | how do i say
translation.translate 1.4: say
faq.definition 1.7: what is | what's | what are | whats | define | what does | meaning of | who is | who was
faq.definition 1.7: who's
faq.fact 1.7: when did | when was | when is | where is | where was | who wrote | who | how many | how much
faq.fact 1.7: how tall | how long | how old | how far | which country | what year | what time | is it true
faq.fact 1.7: do cats | does | did | is there | are there | was there | can dogs | can cats | can humans
faq.fact 1.7: how big | how heavy | how fast | how high | how deep
faq.explain 1.7: why is | why are | why do | why does | why did | how does | how do | explain
faq.explain 1.7: difference between | tell me about | what's the difference | how is | how are | how can
faq.explain 1.7: how to | describe how | teach me | what happens | how come | what causes
faq.explain 1.7: give me an overview | what makes | how was | how were | what did
conversation.greeting 4.0: hi | hello | hey | yo | good morning | good evening | good afternoon | good night
conversation.greeting 4.0: sup | howdy
conversation.thanks 3.6: thanks | thank you | thx | cheers | cool | ok | okay | great | nice | lol | haha
conversation.thanks 3.6: sure | yes | no | yep | nope
conversation.small_talk 3.2: who are you | how are you | what's up | what do you think about | are you
conversation.small_talk 3.2: do you like
conversation.small_talk 1.8: i feel | i'm feeling | i am so | i'm so | i had | i just | i miss | today i
conversation.small_talk 1.8: guess what
conversation.small_talk 2.4: you there | are you there | what are you | do you | can you hear | nice to meet
conversation.small_talk 2.4: see you | bye | goodbye | i love | i'm bored | i'm sad | i'm tired | i'm happy
conversation.small_talk 2.4: i am bored | wow | hmm | oh | ah | ugh | omg | damn | well | i hate | my day
conversation.small_talk 2.4: how's life | how's your day | how was your day | i got | i did it | it's been
conversation.small_talk 2.4: today was | we had | heya | hiya | morning | what a day | guess who
conversation.small_talk 2.4: long time no see
drafting.write 1.8: draft | compose | rewrite | reword | rephrase | paraphrase | proofread | write
drafting.write 1.8: help me write | polish | wedding toast | a toast | a letter | an email | a speech
drafting.write 1.8: ask for | invite | announce | reply
drafting.plan 2.4: plan | an agenda | make a plan | create a plan | outline | organi* | schedule
drafting.plan 2.4: suggest a menu
drafting.write 1.4: create | prepare | i need a | we need a | make a | make me a | put together | set up a
drafting.write 1.4: respond to | answer this email
drafting.edit 2.2: improve | edit | fix the spelling | fix my | make it sound | make this email
drafting.edit 2.2: make this more | make this less | correct
creative.ideas 3.0: brainstorm | come up with | invent | imagine | tell me a story | tell me a joke
creative.ideas 3.0: make up | pretend
creative.story 2.2: continue this | continue the | finish this story | once upon | roleplay | role-play
creative.story 2.2: act as | describe a world
creative.ideas 1.6: think of | suggest some | give me ideas | dream up | a fun | a catchy | a creative
creative.ideas 1.6: name my | design a logo
creative.story 2.0: two truths | rhyming | write the opening | tell a | a story | a poem | describe a scene
code.write 2.6: implement | code | program | script | regex | sql | git | bash | refactor | debug
code.write 2.6: optimise this query
code.fix 1.8: fix this | fix the bug | why is my | why does my | build a | build an | optimize | deploy
code.fix 1.8: install | configure
code.write 1.6: how to install | how to merge | how to parse | set up | upgrade | migrate | mock | unit test
code.write 1.6: lint | compile
code.fix 2.4: my build | my script | my code | my app crashes | my query | my test fails | my container
code.fix 2.4: my server
reasoning.maths 3.4: prove | solve | derive | integrate | differentiate | show that | find the derivative
reasoning.maths 3.4: factor
reasoning.decision 2.6: evaluate | compare | assess | should i | should we | weigh | decide | analyse
reasoning.decision 2.6: analyze | argue | critique | recommend | what should i do | what should we do
reasoning.decision 2.6: is it worth | is it better
reasoning.logic 2.4: if all | suppose | assume | given that | who is lying
reasoning.maths 2.8: minimi* | maximi* | simplify | evaluate the | determine | how many ways
reasoning.maths 2.8: in how many ways | calculate the
reasoning.decision 2.4: which is better | what would you | which of these | help me decide | help me choose
reasoning.decision 1.0: would you
reasoning.decision 2.4: is it legal | is it illegal | am i | do i need to | will i | could i be
reasoning.decision 2.4: what are my rights | what are my options | is it wise
reasoning.logic 2.0: if i | if you | if we | if a | if two | if three | which weighs | three people
reasoning.logic 2.0: two trains
""")

ANYWHERE = parse("""
transform.convert 2.2: to json | into json | to csv | into csv | to yaml | to xml | into a table | a table
transform.convert 2.2: markdown table | title case | upper case | lower case | uppercase | lowercase
transform.convert 2.2: camelcase | snake_case | all caps | as a decimal | as a fraction | as a percentage
transform.convert 2.2: as a percent | every line | each line | in quotes
transform.order 2.2: alphabetical* | ascending | descending | in reverse | duplicates | how many words
transform.order 2.2: how many letters
transform.order 1.8: number these lines | these lines | this list | characters are in | word count
transform.order 1.8: sort these | sort this
transform.units 1.4: celsius | fahrenheit | in cm | in km | in kg | in miles | in pounds | in inches
transform.units 1.4: to metric
transform.convert 1.8: iso format | yyyy | hexadecimal | binary | base64 | roman numerals | json array
transform.convert 1.8: json object | comma separated | smallest to largest | largest to smallest | a to z
transform.convert 1.8: by date | by price | by length | csv | tsv | uppercase | camel case
transform.arithmetic 2.0: divided by | multiplied by | percent of | plus | minus | squared
transform.arithmetic 2.0: decimal places | rounded | the average of
transform.units 2.2: seconds in | minutes in | hours in | days in | weeks in | inches in | ounces in
transform.units 2.2: feet in | bytes in
extraction.extract 1.8: names and | dates | email address* | phone number* | mentioned in | from this text
extraction.extract 1.8: from the text | urls | links | hashtags | due date | out of this | postcodes
extraction.extract 1.8: every number | the totals | keywords
extraction.extract 1.6: action items | key fields | invoice number | every mention | out of these notes
extraction.extract 1.6: from the following
extraction.extract 1.2: in this text | in the text | in the message | from this email | addresses
extraction.extract 1.2: named entities | entities
extraction.extract 2.0: named in | listed in | prices from | names from | from this menu | from the notes
extraction.extract 2.0: from this list | from my notes
extraction.extract 1.4: from this | from these | contained in | order id | the date and | amount
extraction.extract 1.4: as they appear | verbatim | quoted in
classification.sentiment 3.0: positive or negative | sentiment | spam or | or spam | toxic or
classification.sentiment 3.0: true or false
classification.label 2.6: which category | what category | belongs to | belong to | as one of
classification.label 2.6: into categories | or neutral
classification.label 2.0: tickets as | label each | is this spam | urgent or
classification.label 2.0: one of the following categories | intent of | phishing | angry | neutral
classification.label 2.0: happy or | formal or informal | sarcastic | toxic | on topic | off topic | fake or
classification.label 2.0: genuine
classification.label 1.8: priority of | severity | tone of | language is this | which language
classification.label 1.8: what language | is it a | which of these labels
classification.label 2.4: relevant or not | answer support | true false or unknown | is true or false | or false
classification.label 2.4: whether the | whether it's | whether it is | whether this
classification.label 2.4: following categories | topic candidates
classification.label 2.0: offensive | toxic language | hateful | correct or incorrect | related or unrelated
classification.label 2.2: fact or opinion | each sentence as | each one as | rude or polite | relevant or
classification.label 2.2: yes or no | left or right
summary.summarise 2.6: summary of | a summary | in a nutshell | key points | main points | takeaways | gist
summary.summarise 2.6: bullet points of
summary.summarise 2.4: summarise | summarize | the short version | executive summary | minutes of
summary.summarise 2.4: cliff notes
summary.summarise 2.2: shorten | shorter | couple lines | couple of lines | one paragraph | highlights
summary.summarise 2.2: overview of this | main idea | recap | briefly
summary.summarise 2.0: main argument | conclusions of | boil down | what happened in | what did they
summary.summarise 2.0: one-liner | abstract | too long
translation.translate 3.0: translate | translation of | into french | into german | into spanish
translation.translate 3.0: into english | to german | to french | to spanish | to english | into italian
translation.translate 3.0: into japanese | in japanese | into chinese
translation.translate 2.2: into portuguese | into polish | into russian | in spanish | in french | in german
translation.translate 2.2: in italian | to latin
translation.translate 2.6: in portuguese | in korean | in chinese | in arabic | in russian | in polish
translation.translate 2.6: in turkish | in swedish | in dutch | in hindi | to italian | to japanese
translation.translate 2.6: to chinese | to korean | to russian | to portuguese | to dutch | into korean
translation.translate 2.6: into arabic | french word | german word | spanish word | italian word | word for
translation.translate 2.6: japanese word
faq.product 1.8: my key | api key | this app | this program | pointsman | which profile | the daily cap
faq.product 1.8: your settings
faq.explain 1.0: capital of | the meaning | mean | means | explain | history of | population of | difference
conversation.thanks 1.8: that helped | thank you | thanks | appreciate it | good to know | how's it going
conversation.thanks 1.8: nice one
drafting.email 2.4: email | e-mail | a letter | cover letter | a reply | reply to | a note to | message to
drafting.email 2.4: invitation | resume | cv
drafting.document 2.0: a post | linkedin | blog | press release | report on | proposal | speech | essay
drafting.document 2.0: bio | memo | agenda | article about | outline for | presentation | slides
drafting.document 2.0: summary for my boss | reference letter | recommendation letter | faq page | readme
drafting.document 1.8: job description | newsletter | announcement | product description | toast | complaint
drafting.document 1.8: apology | statement
drafting.edit 2.6: grammar | sounds more | sound more | more professional | more formal | friendlier | typos
drafting.edit 2.6: wording | tone
drafting.plan 1.6: itinerary | day trip | trip to | meal plan | lesson plan | training plan | to-do list
drafting.plan 1.6: checklist | weekly plan
drafting.email 2.2: thank-you note | thank you note | text message | sms | tweet | caption | invite | memo
drafting.email 2.2: follow-up | obituary | condolence*
drafting.plan 2.2: workout | schedule | budget for | packing list | shopping list | study plan | roadmap
drafting.plan 2.2: timeline | project plan | menu for
drafting.edit 2.2: less blunt | more polite | less formal | nicer | more concise | clearer | read better
drafting.edit 2.2: more persuasive | warmer | flow better
creative.poem 3.4: poem | haiku | limerick | sonnet | verse | lyrics | song | rhyme | ballad | ode
creative.story 3.2: a story | short story | plot | novel | character for | fairy tale | dialogue between
creative.story 3.2: screenplay | fan fiction | a scene
creative.ideas 2.4: slogan | tagline | names for | name for | joke | pun | puns | riddle | ideas for
creative.ideas 2.4: metaphor | mascot
creative.story 2.8: sea shanty | rap | in the style of | parody | monologue | fable | myth | fantasy
creative.story 2.8: opening line | cliffhanger | backstory | villain
creative.ideas 2.0: podcast | band name | brand name | domain name | party theme | gift idea* | catchy
creative.ideas 2.0: witty | funny | punchline | team name
creative.story 2.4: story | stories | ghost story | love story | bedtime story | tale | characters | chapter
creative.story 2.4: opening paragraph | roleplay | role play | a dialogue | a script where | script of | show script
creative.story 2.4: anime script | movie script | anime | fanfic | crossover | alternate universe | episode | superhero
creative.story 2.4: comedy | sci-fi | science fiction | protagonist | fictional | fictitious | dnd | d&d | dungeon
creative.story 2.4: interactive adventure | text adventure | narrate | narrator | lore | worldbuilding | roast | skit
creative.poem 2.4: koan | stanza | lullaby | hymn | elegy | spoken word | rhymes
creative.poem 3.0: couplet | rhyming | poetry | verses | acrostic | nursery rhyme | chorus | jingle
creative.ideas 1.8: truths and a lie | icebreaker | nickname | username | pickup line | trivia night
creative.ideas 1.8: improv
code.write 2.8: python | javascript | typescript | rust | golang | java | c++ | c# | kotlin | php | ruby
code.write 2.8: haskell | bash | sql | css | html
code.write 2.4: function | regex | regexp | api endpoint | unit test* | class that | algorithm
code.write 2.4: query | dataframe | cli | makefile | list comprehension | for loop | while loop | react
code.write 2.4: vue | angular | node | django | flask | rails | spring boot | swift | lambda | dict | dicts
code.write 2.4: array | tuple | linked list | recursion | recursive | binary search | time complexity
code.write 2.4: big o | hash map | pointer* | js | ts | let and const | variable | variables | mutating
code.write 2.4: npm package | library | framework | compiler
code.fix 2.6: stack trace | traceback | exception | compile | segfault | null pointer | bug | debug
code.fix 2.6: syntax error | undefined | stderr
code.explain 1.8: code | git | docker | kubernetes | linux | commit | port | npm | pip | repo | localhost
code.explain 1.8: terminal | shell | awk | sed | grep | regexes
code.design 2.4: refactor | module | cache | thread-safe | data structure | codebase | schema migration
code.design 2.4: async | mutex | endpoint | css
code.ops 2.2: kill a process | kill process | rm -rf | chmod | cron | ssh | nginx | systemd
code.ops 2.2: database volume | deploy | postgres
code.write 1.4: script | a program
code.write 2.2: pytorch | tensorflow | pygame | opencv | arduino | esp32 | matlab | latex | vba | excel formula
code.write 2.2: unity | shader | flutter | ansible | k8s | spring boot | spring security | tailwind | laravel | mongodb
code.write 2.2: mysql | sqlite | redis | kafka | selenium | puppeteer | wordpress | xcode | gradle | maven | cmake
code.write 2.2: heredoc | wget | curl | tensor | neural network | jupyter | openapi | json schema | excel file
code.write 2.2: powershell | batch file | linux | ubuntu | console command | command line | yaml | terraform
code.write 2.2: working code | full code | web page | webpage | chrome extension | discord bot | scraper
code.write 2.0: given string | given list | given array | given number | given tuple | given integer
code.design 2.0: aws | azure | kubernetes cluster | circuit | raspberry pi | server setup
code.write 2.2: webpack | github | gitlab | ci pipeline | dockerfile | container | pandas | numpy | pytest
code.write 2.2: vitest | api call | rest api | graphql | orm
code.fix 2.2: crash* | exit code | status code | exits with | 401 | 403 | 404 | 500 error | timeout error
code.fix 2.2: memory leak | race condition | deadlock
code.fix 2.0: doesn't compile | won't compile | throws | import error | not defined | null | nan | undefined
code.fix 2.0: stack overflow | call fail*
code.design 2.2: database | microservice | websocket | oauth | jwt | backend | frontend | web app | android
code.design 2.2: ios app | toggle | button | css grid
code.fix 2.4: cannot find module | build fails | test fails | won't start | not working in chrome
code.fix 2.4: segmentation fault | merge conflict
reasoning.maths 2.4: irrational | theorem | equation | probability of | integral | derivative | prime number
reasoning.maths 2.4: eigenvalue* | proof | derivative of | integral of | sin | cos | tan | logarithm
reasoning.maths 2.4: matrix | determinant | polynomial | modulo | mph | km/h | catch up | converge*
reasoning.maths 1.8: show your work* | in the ratio | how much is the | altogether | per hour
reasoning.maths 1.8: what are the odds | who pays
reasoning.logic 0.8: are all
reasoning.logic 2.4: all bloops | logic puzzle | riddle me | knights and knaves | must be true
reasoning.logic 2.4: syllogism | it follows
reasoning.decision 2.0: trade-off* | tradeoff* | pros and cons | recommend | both sides | step by step
reasoning.decision 2.0: worth it | better to | strategy for | lease or buy | rent or buy | is better
reasoning.decision 2.0: should i lease | worth buying | pay off | what do i do
reasoning.decision 1.6: whether we should | whether i should | should i | should we | can i | is it safe
reasoning.decision 1.6: what should | versus | vs
reasoning.analysis 1.8: root cause | counterargument* | evaluate | implications | second-order | assumptions
reasoning.analysis 1.8: argue | justify
reasoning.maths 2.0: standard deviation | expected value | confidence interval | compound interest
reasoning.maths 2.0: permutations | how long until | odds of
reasoning.decision 2.2: better for me | best choice | job offer* | which should | would be better
reasoning.decision 2.2: right decision | worth the | consequences
reasoning.advice 2.2: legal to | illegal to | allowed to | liable for | am i entitled | safe to take
reasoning.advice 2.2: should he | should she | should they | my rights
reasoning.maths 2.4: quadratic | integers | positive integer | real number* | complex number* | perimeter | triangle*
reasoning.maths 2.4: radius | circumference | diameter | polygon | hexagon | coefficient* | remainder | divisible
reasoning.maths 2.4: greatest common | least common | common factor | common multiple | geometric sequence
reasoning.maths 2.4: arithmetic sequence | geometric series | isomorph* | homomorphism | vector space | group theory
reasoning.maths 2.4: hypotenuse | parabola | ellipse | vertices | eigenvector* | differential equation* | fourier
reasoning.maths 2.4: random variable* | null hypothesis | regression | sample mean | confidence level | z-score
reasoning.maths 2.0: smallest number | largest number | whole number* | square feet
reasoning.maths 2.0: square units | cubic | surface area
reasoning.maths 2.0: how many zeros | last digit | digits | factorial | square root | annual interest | apr | per annum
reasoning.maths 2.0: acceleration | velocity | kinetic energy | momentum | molar | ohms | voltage | newtons
reasoning.maths 2.0: algorithm's complexity | next number | sequence | nth term | calculate the | game theory
reasoning.logic 2.6: clue | clues | puzzle | houses in a row | directly left | directly right | seated | brain teaser
reasoning.maths 2.2: sum of the first | odd numbers | even numbers | consecutive integers | chance | dice
reasoning.maths 2.2: coin flip | coin toss | probability | deck of cards | weighs more | percent chance | dx
""")

# The verbs that matter most, which a slip of the fingers should not hide; see `reading.corrected`.
VERBS = words("""
summarize summarise translate convert extract classify rewrite write explain calculate refactor implement
brainstorm proofread compare describe
""")

# Said before the ask; it tells nothing of it.
FILLERS = words("""
a also an and bitte can could favor favore for hello help hey hi i just kindly me my need now ok okay per
plaît please pls plz por quick quickly s'il so the then to u us vous want well will would you
""")

# Verbs that ask for work: what begins with one is an ask, even after a colon.
IMPERATIVES = words("""
add analyse analyze argue benchmark build compare convert create deploy design document draft evaluate explain
extract first fix implement list migrate plan prove recommend refactor review split summarise summarize test
translate write
""")
