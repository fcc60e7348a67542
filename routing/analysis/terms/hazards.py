"""What may do harm to somebody, by kind.

The kinds follow two public taxonomies: the hazard categories of MLCommons AILuminate 1.0 (violent and non-violent
crimes, indiscriminate weapons, self-harm, hate, privacy, defamation, intellectual property, elections) and those of
OpenAI's moderation release (hate, harassment, self-harm, violence). `TERMS` are words as in `stakes`; `SHAPES` are
regular expressions on lower-case text.
"""

from __future__ import annotations

from routing.analysis.terms.rows import parse

TERMS = parse("""
weapons 1.2: bomb* | grenade* | nerve agent* | nerve gas | sarin | anthrax | ricin | mustard gas | landmine*
weapons 1.2: chemical weapon* | biological weapon* | nuclear weapon* | bioweapon* | dirty bomb* | radiological
weapons 1.2: cluster munition* | thermobaric | napalm | molotov* | warhead* | shrapnel | weaponiz* | weaponis*
weapons 1.2: enriched uranium | uranium enrichment | chemical agent* | biological agent* | toxic gas | toxic gases
weapons 1.2: weapons of mass | mass casualt* | mass destruction | fission | plutonium | vx | ied | ieds | c4 | tnt
weapons 1.2: radioactive | biological warfare | chemical warfare | pathogens | sprengstoff | explosivos | detonat*
weapons 0.8: firearm* | ghost gun* | silencer | ammunition | munition* | incendiary | cyanide | botulin* | toxin*
self_harm 1.5: suicid* | self-injur* | selfharm | self-harm* | self-mutilat* | cut myself | cutting myself
self_harm 1.5: hurt myself | hurting myself | end my life | ending my life | end it all | want to die | kill myself
self_harm 1.5: killing myself | take my own life | hang myself | no reason to live | starve myself | punish myself
self_harm 1.5: kill yourself | cut yourself | better off dead | ritzen | umbringen | suicidio | suicidarse
self_harm 1.2: anorexi* | bulimi* | eating disorder* | thinspo | pro-ana | purging | overdos* | hurt yourself
self_harm 0.8: hate myself | worthless | hopeless | razor blade* | lose weight fast | starving | self-destructive
violence 1.2: murder* | assassinat* | strangl* | dismember* | behead* | kidnap* | abduct* | tortur* | lynch*
violence 1.2: hitman | hit man | ethnic cleansing | genocid* | massacr* | terroris* | mass shooting | gang rape
violence 1.2: child abuse | domestic violence | animal cruelty | human trafficking | body bag* | serial killer*
violence 0.8: stab | stabbed | stabbing | mutilat* | assault* | violent* | violence | extremis* | gang | gangs | riot*
crime 1.2: shoplift* | launder* | embezzl* | counterfeit* | smuggl* | traffick* | phish* | ransomware | malware
crime 1.2: keylogger* | ddos | burglar* | pickpocket* | bribe* | bribing | extort* | ponzi | insider trading
crime 1.2: tax evasion | evade taxes | identity theft | meth | methamphetamine | cocaine | heroin | fentanyl | mdma
crime 1.2: blackmail* | black market | dark web | money mule* | forge a | forged | forging | fake id | fake ids
crime 1.2: fake passport* | stolen goods | steal from | stealing from | hack into | hotwire | pick a lock
crime 1.2: price fixing | fraud | fraudulent* | swindl* | scam | scams | scamming | scammer* | arson* | vandali*
crime 0.8: steal | stealing | stolen | theft | thief | illegal* | unlawful* | crime | crimes | criminal* | hacking
crime 0.8: hack | hacker* | weed | contraband | loophole* | illicit* | sabotag*
hate 1.2: slur | slurs | derogatory | subhuman | inferior race | superior race | master race | white power
hate 1.2: white suprem* | hate crime* | hate speech | racist* | racism | sexist* | homophob* | transphob*
hate 1.2: antisemit* | islamophob* | xenophob* | nazi* | bigot* | dehumaniz* | misogyn* | vermin
hate 0.8: stereotype* | prejudice* | discriminat* | marginali* | segregat* | inferior | filthy | scum
harassment 1.0: bully* | bullied | harass* | stalk | stalking | stalker* | humiliat* | cyberbull* | intimidat*
harassment 0.9: bitch* | asshole* | fuck you | stupid bitch | piece of shit | pathetic | retard* | dumbass
privacy 1.2: doxx* | doxing | spy on | spying on | hidden camera* | spyware | stalkerware | surveil* | eavesdrop*
privacy 1.0: someone's phone | someone's email | someone's location | someone's address | someone's private
privacy 1.0: someone's personal | someone's medical | medical records | private information | personal information
privacy 1.0: personal data | private data | data breach* | sexual orientation | immigration status | private life
privacy 1.0: private messages | health records | genetic data | biometric data | facial recognition | personal details
defamation 1.2: defam* | libel* | slander* | smear campaign* | smear | false accusation* | false allegation*
defamation 1.2: false rumor* | false rumour* | false information | false claims | fake review* | fake account*
defamation 1.2: misinformation | disinformation | fake news | fabricated | false evidence | false testimony
defamation 0.8: rumor | rumors | rumour* | reputation | discredit* | accus* | allegation* | scandal*
piracy 1.2: pirat* | torrent* | cracked software | plagiari* | knockoff* | trade secret* | copyright infring*
piracy 1.2: patent infring* | trademark infring* | remove the watermark | remove watermarks | jailbreak*
piracy 1.2: copyrighted | intellectual property | bootleg* | drm | license key* | serial key* | royalties
piracy 0.8: watermark* | proprietary | paywall* | patented | replica* | imitation | trademark*
elections 1.2: election fraud | voter fraud | voter suppression | election interference | rig the election | deepfake*
elections 1.2: manipulate voters | mislead voters | voter data | voting machine* | stuff ballots | false voting
elections 0.8: ballot* | voters | undecided voters | poll workers | election results | propaganda
""")

_PEOPLE = (
    r"(?:people|persons?|some(?:one|body)|any(?:one|body)|him|her|them|others|victims?|child(?:ren)?|kids?|women|men|"
    r"m[ay]n|woman|girls?|boys?|animals?|crowds?|civilians?|officers?|cops?|rivals?|enem(?:y|ies)|opponents?|"
    r"(?:my|your|his|her|their|an?) (?:\w+ )?(?:wife|husband|ex|boss|neighbou?rs?|partner|girlfriend|boyfriend|"
    r"parents?|mother|father|coworkers?|colleagues?|employees?|competitors?|politicians?|governor|teacher|patient|"
    r"roommate|family))"
)

# (kind, weight, what is told when it is seen, pattern)
SHAPES: tuple[tuple[str, float, str, str], ...] = (
    (
        "crime",
        1.2,
        "a way not to be caught",
        (
            r"\bwithout (?:\w+ ){0,3}?(?:caught|detect\w+|notic\w+|traced?|suspect\w+|suspicion|arrested|identified|"
            r"consent|permission|their knowledge|consequences|punish\w+|paying|repercussions|scrutiny|exposure|"
            r"trace)\b|\b(?:avoid|avoiding|evad\w+|escap\w+) (?:\w+ ){0,3}?(?:detection|suspicion|exposure|scrutiny|"
            r"consequences|caught|prosecut\w+|law enforcement|police|authorities|arrest|responsibility|liability)\b|"
            r"\b(?:undetected|untraceable|unnoticed)\b|\bget(?:ting)? away with\b|\bcover (?:up )?(?:\w+ )?tracks\b"
        ),
    ),
    (
        "crime",
        1.2,
        "a way around a rule",
        (
            r"\b(?:bypass\w*|evad\w+|circumvent\w*|get around|getting around|skirt\w*|sidestep\w*|"
            r"exploit\w*) (?:\w+ ){0,4}?(?:laws?|legal|regulations?|police|securit\w+|authorities|copyrights?|"
            r"paywalls?|filters?|sanctions|controls|protections?|restrictions|bans?|taxes|safeguards?|vulnerab\w+|"
            r"loopholes?)\b"
        ),
    ),
    (
        "violence",
        1.3,
        "harm to a person",
        (
            rf"\b(?:kill|hurt|harm|injure|poison|stab|shoot|attack|beat|drug|rape|molest|abuse|assault|threaten|trap|"
            rf"harming|killing|hurting|attacking|torturing|abusing|poisoning|threatening|coerce|"
            rf"force) (?:\w+ ){{0,2}}?{_PEOPLE}\b"
        ),
    ),
    (
        "defamation",
        1.2,
        "lies about somebody",
        (
            r"\b(?:spread\w*|circulat\w+|post\w*|plant\w*|creat\w+|fabricat\w+|invent\w*) (?:\w+ ){0,4}?"
            r"(?:rumou?rs?|lies|misinformation|disinformation|falsehoods?|false (?:\w+ )?\w+|doubt|fake \w+)\b|"
            r"\b(?:ruin\w*|damag\w+|destroy\w*|tarnish\w*|sabotag\w+|undermin\w+|mislead\w*|frame) (?:\w+ ){0,4}?"
            r"(?:reputations?|credibility|image|careers?|voters?|public|name)\b|\bmake (?:\w+ ){1,4}look like an?\b"
        ),
    ),
    (
        "hate",
        1.2,
        "contempt for a group",
        (
            r"\b(?:jews?|muslims?|blacks?|whites?|asians?|mexicans?|immigrants?|refugees|gays?|lesbians?|lgbtq?\+?|"
            r"trans\w*|women|disab\w+|christians?|hindus?|arabs?|africans?|minorit\w+|races?|foreigners|homosexuals?|"
            r"gypsies|mentally ill|mental health|autis\w+|elderly|obese|overweight)\b.{0,60}\b(?:inferior|lazy|stupid|"
            r"idiots?|dumb|animals?|parasites?|disgust\w+|evil|enem(?:y|ies)|ruin\w*|dirty|worthless|criminals?|die|"
            r"losers?|jokes?|mock\w*|insult\w*|offen[sd]\w*|burdens?|unfit|weak|special treatment|deceiv\w+|"
            r"control the)\b"
        ),
    ),
    (
        "privacy",
        1.2,
        "somebody's private life",
        (
            r"\b(?:find|track|locate|get|obtain|access\w*|collect\w*|monitor\w*|expos\w+|shar\w+|leak\w*|publish\w*|"
            r"gather\w*|sell\w*|read|steal\w*|reveal\w*|uncover\w*|extract\w*) (?:\w+ ){0,4}?(?:(?:some(?:one|body)|"
            r"person|people|neighbou?r|employee|user|celebrit(?:y|ie)|student|patient|individual|coworker|customer|ex|"
            r"partner)(?:'?s'?) (?:\w+ ){0,2}?(?:phone|e-?mails?|address|location|records?|passwords?|data|information|"
            r"messages|photos?|identit\w+|history|accounts?|details|number|files|activit\w+|finances|salary)|"
            r"where (?:\w+ ){1,3}lives?)\b"
        ),
    ),
)

KINDS = frozenset(label for label, _, _ in TERMS)
