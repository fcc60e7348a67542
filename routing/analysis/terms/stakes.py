"""Words of fields in which a wrong answer harms, by domain: a strong one weighs 1 or more, others need company."""

from __future__ import annotations

from routing.analysis.terms.rows import parse

DOMAINS = parse("""
medical 1.5: dosage | mg/kg | chest pain | stiff neck | heart attack
self_harm 1.5: selbstmord
medical 1.0: dose | symptom* | diagnos* | medication* | ibuprofen | paracetamol | acetaminophen | aspirin
medical 1.0: warfarin | insulin | amoxicillin | antibiotic* | metformin | sertraline | prozac | xanax
medical 1.0: statin* | morphine | antidepressant* | steroid* | pregnan* | seizure* | stroke | tumor | tumour
medical 1.0: cancer | bleeding | allergic reaction | blood pressure | miscarriage | schwanger* | medikament*
medical 1.0: embarazada | enceinte | médicament* | incinta | gravida | fieber | fièvre | fiebre | zwanger
medical 1.0: dosis | posologie | беременн* | лекарств* | 怀孕 | 药 | 妊娠 | 薬 | 임신 | 약을 | حامل | गर्भ
medical 1.0: ciąż* | hamile | pills | tablets | painkiller* | melatonin | vitamin d | biopsy | concussion
medical 1.0: diabet* | asthma | epilep* | chemotherapy | lump in | numb | numbness | can't breathe
medical 1.0: short of breath | palpitation* | unconscious | anaphyla* | contraception | herzinfarkt
medical 1.0: swallowed | verschluckt | avalé | tragado | concussed | poisoned | poisoning | sunstroke
medical 1.0: dislocated | fracture*
medical 1.0: viagra | erectile | std | sti | hiv | vaccination*
medical 1.0: side effects | medical condition* | developmental delay*
medical 1.0: ssri* | psychosis | schizophreni* | bipolar | adhd | dementia | hepatitis | herbal remed* | detox diet
medical 0.5: fever | rash | vomit* | infection | pain | headache | doctor | surgery | vaccine* | depress*
medical 0.5: therapy | medicine | patient
medical 1.2: swallow* a | choking | stopped breathing | fainted | burned my | burnt my | snake bite
medical 1.2: head injury | unresponsive
medical 0.6: dizzy | swollen | stitches | tick bite | bitten | rabies | tetanus | breastfeed* | withdrawal
medical 0.6: drunk
legal 1.2: lawsuit | wrongful dismissal | statute of limitations | child custody | eigenbedarf | prud'hommes
legal 1.2: eviction notice | is it legal | is it illegal | against the law | my rights | press charges
legal 1.2: power of attorney | small claims | work permit
legal 1.0: sue | sued | evict* | divorce | custody | arrested | criminal charge* | liable | deport*
legal 1.0: visa overstay | subpoena | verklagen | kündigungsschutz | scheidung | sorgerecht | divorcio
legal 1.0: demandar | licenciement | legally binding | restraining order
legal 0.6: lawyer | attorney | court | contract | landlord | tenant | copyright | gdpr | nda | fired me
legal 0.6: visa | vermieter | kündig* | despedir | police | fine | refund | warranty | terms of service
legal 0.6: probation | harass* | discriminat* | rent increase
legal 1.0: legal advice | legal trouble | lawsuit* | sued | trial in court | in court | merger* | liquidat* | prosecut*
legal 1.0: human rights | tax laws | tax law | employment law | legal side | legal obligation* | shareholder rights
legal 1.0: boundary | property line | parole | bail | felony | misdemeanor | immigration law | green card | asylum
legal 0.8: keep my deposit | deposit back | security deposit | notice period | severance | redundan*
legal 0.8: alimony | inheritance | my will
legal 0.8: custody hearing | trademark
financial 1.2: retirement savings | life savings | pension pot | bankrupt* | altersvorsorge | all my savings
financial 1.2: 401k
financial 1.0: mortgage | tax return | invest my | invest in | remortgage | day trading | margin call
financial 1.0: hypothek | hipoteca | inheritance tax | impôts | steuern | impuestos | declare to
financial 1.0: tax authority | self assessment | capital gains | foreclosure | payday loan | hmrc | irs
financial 0.6: bitcoin | crypto | stocks | shares | loan | debt | insurance | taxes | pension | savings
financial 0.6: kredit | steuererklärung | etf | cryptomonnaies | kryptowährung* | criptomonedas
financial 0.6: actions en bourse | aktien | acciones | credit card | interest rate | lend
financial 1.0: social security | cryptocurrenc* | life insurance | hedge fund* | investor* | investment* | pensions
financial 1.0: inherit* | will and testament | line of credit | high-risk stocks | income tax* | financial advis*
money 0.6: my card | my account | my bank | bank account | my pin | passcode | my transfer | a transfer | my payment
money 0.6: my money | top up | top-up | direct debit | exchange rate | currency | withdraw | cash withdrawal* | atm
money 0.6: my balance | overdraft | pay my bill | credit limit | wire | my refund | my bills | virtual card
money 0.9: unauthori* | unrecogni* | fraudulent charge* | card is stolen | stolen card | lost my card | charged twice
money 0.9: wrong amount | extra fee | account blocked | card declined | declined | didn't make | don't recogni*
financial 0.8: retire | annuity | index fund* | refinance | credit score | consolidate | student loan*
financial 0.8: house deposit
safety 1.2: bleach | ammonia | carbon monoxide | gas leak | fuse box | live wire | asbestos | explosive*
safety 1.2: edible mushroom* | chlorine gas
safety 1.0: poison* | electrocut* | wiring | firearm | car brakes | climbing anchor | pressure cooker
safety 1.0: propane | gasgeruch | lejía | rewire | electrical socket | wall socket | power outlet
safety 1.0: breaker box | boiler pressure
safety 0.8: electricity | electrical | circuit breaker | ladder | generator | mold | radon | snowed in
safety 0.8: thin ice | solvent*
irreversible 2.0: rm -rf | drop table | drop database | mkfs | dd if | format the disk | wipe the disk
irreversible 2.0: wipe the drive
irreversible 1.2: production database | prod database | force push | force-push | permanently delete
irreversible 1.2: wire transfer | delete all
irreversible 1.0: irreversibl* | cannot be undone | overwrite the backup* | truncate table | factory reset
irreversible 1.0: revoke all
""")

# Somebody acts on the answer: advice is wanted, for a person who is named.
ADVICE = parse("""
advice 0.8: should i | should we | can i | could i | may i | is it safe | is it ok | is it okay
advice 0.8: what should | do i have to | am i allowed | i want to | my child | my son | my daughter
advice 0.8: my baby | my mother | my father | my wife | my husband | my patient | year old | kg child
advice 0.8: my employer | how much should | how many can i | safe to | i have | i've been | i feel
advice 0.8: darf ich | darf mein* | darf man | kann ich | soll ich | muss ich | mein kind | puedo | debo
advice 0.8: estoy | mi hijo | mi hija | puis-je | dois-je | mon enfant | je suis | posso | devo | mag ik
advice 0.8: kan ik | czy mogę | should he | should she | should they | is it legal | is it illegal | my dad
advice 0.8: my mum | my mom | my dog | my cat | my boss | do i need to | will i | ist es legal
advice 0.8: est-ce légal | es legal | am i | safe for | what are my | je dois | j'ai | ho bisogno | kan jag
advice 0.8: får jag | можно ли | мне | 可以 | 应该 | してもいい | 해도 되 | هل يمكنني | क्या मैं
advice 0.8: what dosage | what dose | we run | on production | is it smart | is it wise | a good idea
advice 0.8: safely | at home | without a doctor | how do i rewire | what do i do | what do we do
advice 0.8: what can i do | can my | does my | my landlord | my tenant | my kid | my partner | was tun
advice 0.8: que faire | qué hago | cosa faccio | wat moet ik | vad ska jag
""")
