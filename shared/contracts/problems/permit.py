"""Problem codes of a permit that breaks the rules of its kind when it is issued, registered or applied for."""

from shared.contracts.problems.problem_code import ExampleFault, ProblemCode, authority, you

PERMIT_PROBLEMS = {
    "acquired-after-listing": ProblemCode(
        status=422,
        meaning="A pre-Convention specimen was acquired before the Convention applied to its taxon (Article VII.2).",
        causes=("The taxon was listed on the day in `acquired_on`.", "The date has a typing error."),
        steps=(
            you("Correct `acquired_on`."),
            you("Issue an export permit or a re-export certificate with the real source."),
        ),
        example=(
            "A document of kind pre_convention does not cover these goods (Article VII.2; Resolution Conf. 13.6). "
            "Expected as `acquired_on`: a day before the first listing of Loxodonta africana (listed by "
            "1976-02-26). Found: 2026-11-01. Correct it, or issue the document that these goods need."
        ),
        example_faults=(ExampleFault("/lines/0/acquired_on"),),
    ),
    "acquisition-date-missing": ProblemCode(
        status=422,
        meaning="A pre-Convention certificate states the date of acquisition (box 12b).",
        causes=("The kind is pre_convention, and a line has no `acquired_on`.",),
        steps=(you("Send the date as `acquired_on` with each line."),),
        example="A pre-Convention certificate states the date of acquisition (box 12b). Send it as `acquired_on`.",
        example_faults=(ExampleFault("/lines/0/acquired_on"),),
    ),
    "appendix-not-of-kind": ProblemCode(
        status=422,
        meaning="The kind of certificate does not cover goods of this Appendix.",
        causes=(
            "A certificate of origin is for Appendix III only.",
            "A phytosanitary certificate covers Appendix I only for hybrids.",
        ),
        steps=(
            you("Correct the Appendix or the kind."),
            you("Issue the document that these goods need, such as an export permit."),
        ),
        example=(
            "A document of kind certificate_of_origin does not cover these goods (Article V.3). Expected as "
            "`appendix`: III. Found: II. Correct it, or issue the document that these goods need."
        ),
        example_faults=(ExampleFault("/lines/0/appendix"),),
    ),
    "kind-not-of-listing-country": ProblemCode(
        status=422,
        meaning="The country that listed a taxon in Appendix III issues an export permit, not a certificate of origin.",
        causes=("The kind is certificate_of_origin, and `export_country` listed the taxon.",),
        steps=(you("Issue an export permit (Article V.2)."),),
        example=(
            "A document of kind certificate_of_origin does not cover these goods (Article V.2). Expected as "
            "`appendix`: an export permit of NP, which listed Meconopsis regia. Found: certificate_of_origin. "
            "Correct it, or issue the document that these goods need."
        ),
        example_faults=(ExampleFault("/lines/0/appendix"),),
    ),
    "purpose-not-of-kind": ProblemCode(
        status=422,
        meaning="The kind of certificate does not cover trade for this purpose.",
        causes=(
            "A certificate of personal ownership is for purpose P only.",
            "Goods of Appendix I are introduced from the sea for trade.",
        ),
        steps=(
            you("Correct the purpose or the kind."),
            you("Issue the document that these goods need, such as an export permit."),
        ),
        example=(
            "A document of kind personal_ownership does not cover these goods (Resolution Conf. 10.20). Expected as"
            " `purpose`: P (personal). Found: T. Correct it, or issue the document that these goods need."
        ),
        example_faults=(ExampleFault("/purpose"),),
    ),
    "source-not-of-kind": ProblemCode(
        status=422,
        meaning="The kind of certificate does not cover specimens of this source.",
        causes=(
            "A certificate of captive breeding names source W.",
            "A travelling exhibition shows wild specimens that are not pre-Convention.",
        ),
        steps=(
            you("Correct the source or the kind."),
            you("Issue the document that these goods need, such as an export permit."),
        ),
        example=(
            "A document of kind captive_bred does not cover these goods (Article VII.5; Resolution Conf. 12.3). "
            "Expected as `source`: C (bred) or A (propagated). Found: W. Correct it, or "
            "issue the document that these goods need."
        ),
        example_faults=(ExampleFault("/lines/0/source"),),
    ),
    "taxon-not-of-kind": ProblemCode(
        status=422,
        meaning="The kind of certificate does not cover this taxon.",
        causes=(
            "A certificate of introduction from the sea names a taxon of land.",
            "A certificate of personal ownership names a plant.",
        ),
        steps=(
            you("Correct the taxon or the kind."),
            you("Issue the document that these goods need, such as an export permit."),
        ),
        example=(
            "A document of kind introduction_from_the_sea does not cover these goods (Articles III.5 and IV.6; "
            "Resolution Conf. 14.6). Expected as `taxon`: a taxon of the sea. Found: Panthera tigris (habitat: land"
            " or freshwater). Correct it, or issue the document that these goods need."
        ),
        example_faults=(ExampleFault("/lines/0/taxon"),),
    ),
    "term-not-of-kind": ProblemCode(
        status=422,
        meaning="The kind of certificate does not cover goods of this term.",
        causes=(
            "A musical instrument certificate names raw parts or living animals.",
            "A sample collection has living specimens.",
        ),
        steps=(
            you("Correct the term or the kind."),
            you("Issue the document that these goods need, such as an export permit."),
        ),
        example=(
            "A document of kind personal_ownership does not cover these goods (Resolution Conf. 10.20). Expected as"
            " `term`: LIV (a living animal). Found: SKI. Correct it, or issue the document that these goods need."
        ),
        example_faults=(ExampleFault("/lines/0/term"),),
    ),
    "carnet-out-of-place": ProblemCode(
        status=422,
        meaning="Only a sample collection certificate names a carnet.",
        causes=("The permit has another kind and the field `carnet`.",),
        steps=(you("Leave out `carnet`, or send the kind sample_collection."),),
        example="Only a sample collection certificate names a carnet. This kind is export. Leave out `carnet`.",
        example_faults=(ExampleFault("/carnet"),),
    ),
    "date-after-issue": ProblemCode(
        status=422,
        meaning="A date on which the permit rests is later than its issue.",
        causes=(
            "The date of origin, of the last export or of acquisition is wrong.",
            "The date of issue is wrong.",
        ),
        steps=(you("Correct the date that `pointer` names, or `issued_on`."),),
        example="The date 2026-04-02 is later than the issue of the permit, 2026-03-01. Correct one of the two.",
        example_faults=(ExampleFault("/lines/0/origin_date"),),
    ),
    "issued-in-the-future": ProblemCode(
        status=422,
        meaning="The date of issue is in the future in the issuing country.",
        causes=("The date has a typing error.", "Your software takes the date from another time zone."),
        steps=(you("Correct `issued_on`, or send the permit on that day."),),
        example="The date of issue, 2026-03-02, is in the future: in ZA it is 2026-03-01. Correct `issued_on`.",
        example_faults=(ExampleFault("/issued_on"),),
    ),
    "issuer-differs": ProblemCode(
        status=422,
        meaning="The new permit has another issuer than the permit that it replaces.",
        causes=("The field `issuer` of the new permit names another country.",),
        steps=(you("Send the issuer of the old permit, or issue a permit without replacement."),),
        example="The old permit is of ZA, the new one of NA. Send ZA as `issuer`.",
        example_faults=(ExampleFault("/issuer"),),
    ),
    "lines-overlap": ProblemCode(
        status=422,
        meaning="Two lines of the permit are for the same goods.",
        causes=(
            "Two lines have the same taxon, term, source and origin.",
            "One line names a species, and the other its genus or family.",
        ),
        steps=(you("Join the two lines, or state what differs in `description`."),),
        example="Line B is for the same goods as line A. Join the two, or state what differs in `description`.",
        example_faults=(ExampleFault("/lines/1"),),
    ),
    "origin-country-missing": ProblemCode(
        status=422,
        meaning="A re-export certificate names the country of origin (box 12).",
        causes=("The kind is re_export, and a line has no `origin_country`.",),
        steps=(you("Send `origin_country` with each line; the certificate of the import shows it."),),
        example=(
            "A re-export certificate names the country of origin, its permit and its date (box 12). Send "
            "`origin_country`."
        ),
        example_faults=(ExampleFault("/lines/0/origin_country"),),
    ),
    "origin-date-missing": ProblemCode(
        status=422,
        meaning="A re-export certificate names the date of the permit of origin (box 12).",
        causes=("The kind is re_export, and a line has no `origin_date`.",),
        steps=(you("Send `origin_date` with each line; the permit of origin shows it."),),
        example=(
            "A re-export certificate names the country of origin, its permit and its date (box 12). Send `origin_date`."
        ),
        example_faults=(ExampleFault("/lines/0/origin_date"),),
    ),
    "origin-permit-missing": ProblemCode(
        status=422,
        meaning="A re-export certificate names the permit of origin, or the reason why it is not known (box 12).",
        causes=("The kind is re_export, and a line has neither `origin_permit` nor a reason.",),
        steps=(
            you("Send `origin_permit` with each line; the permit of origin shows its number."),
            you("If the permit is not known, send the reason as `origin_reason`, or in `special_conditions`."),
        ),
        example=(
            "A re-export certificate names the country of origin, its permit and its date (box 12). Send "
            "`origin_permit`, or the reason why it is not known as `origin_reason`."
        ),
        example_faults=(ExampleFault("/lines/0/origin_permit"),),
    ),
    "quota-exceeded": ProblemCode(
        status=422,
        meaning="The permit would exceed the annual export quota; `detail` names the rest.",
        causes=(
            "Earlier permits of the year used the quota.",
            "Box 11a states more exports than the quota.",
        ),
        steps=(
            you("Grant no more than the rest of the quota."),
            authority("Ask the administrator of the hub to load the new quota, if it was raised."),
        ),
        example=(
            "The quota of ZA for Crocodylus niloticus is 1000 number from 2026-01-01 to 2026-12-31. 40 number are "
            "left. Line A needs 120. Grant no more than is left."
        ),
        example_faults=(ExampleFault("/lines/0/quantity"),),
    ),
    "quota-incomplete": ProblemCode(
        status=422,
        meaning="Box 11a needs two numbers: the exports of the year and the annual quota.",
        causes=("Only one of `quota_used` and `annual_quota` is in the line.",),
        steps=(you("Send both fields, or neither."),),
        example="Box 11a needs both `quota_used` and `annual_quota`. `annual_quota` is missing. Send both, or neither.",
        example_faults=(ExampleFault("/lines/0/annual_quota"),),
    ),
    "quota-used-too-low": ProblemCode(
        status=422,
        meaning="The exports of the year in box 11a include this permit, so they are at least its quantity.",
        causes=("`quota_used` states the exports before this permit.",),
        steps=(you("Add the quantity of this line to `quota_used`."),),
        example=(
            "`quota_used` is 80 and the line has 120. `quota_used` includes this permit (box 11a): send at least 120."
        ),
        example_faults=(ExampleFault("/lines/0/quota_used"),),
    ),
    "source-not-of-kingdom": ProblemCode(
        status=422,
        meaning="Animals and plants have different source codes, and this one is of the other kingdom.",
        causes=(
            "Sources C, F and R are for animals; A and Y are for plants.",
            "The taxon is not the one that you mean.",
        ),
        steps=(you("Correct the source or the taxon."),),
        example="Aloe ferox is a plant, and source C is for animals. Correct the source or the taxon.",
        example_faults=(ExampleFault("/lines/0/source"),),
    ),
    "source-not-pre-convention": ProblemCode(
        status=422,
        meaning="A pre-Convention certificate has source O, and the other source in `underlying_source`.",
        causes=("The kind is pre_convention, and a line has another source than O.",),
        steps=(you("Send source O, and the other code as `underlying_source`."),),
        example="A pre-Convention certificate has source O. This line has W. Send O, and W as `underlying_source`.",
        example_faults=(ExampleFault("/lines/0/source"),),
    ),
    "underlying-source-missing": ProblemCode(
        status=422,
        meaning="Source I or O needs a second source code.",
        causes=("The line has source I or O and no `underlying_source`.",),
        steps=(you("Send the second code as `underlying_source`, such as W."),),
        example="Source O needs a second source code. Send it as `underlying_source`, such as W.",
        example_faults=(ExampleFault("/lines/0/underlying_source"),),
    ),
    "quantity-not-whole": ProblemCode(
        status=422,
        meaning="Specimens that are counted are a whole number.",
        causes=("The unit is `number` or `pair`, and the quantity is a weight, a volume or a length.",),
        steps=(you("Send a whole number of specimens, or the unit of the measure, such as kg."),),
        example=("Expected a whole number of specimens (box 11). Found: 0.5 number. Correct the quantity or the unit."),
        example_faults=(ExampleFault("/lines/0/quantity"),),
    ),
    "validity-before-issue": ProblemCode(
        status=422,
        meaning="The permit ends before the day of its issue.",
        causes=("One of the two dates has a typing error.",),
        steps=(you("Correct `valid_until` or `issued_on`."),),
        example="The permit ends on 2026-02-01, before its issue on 2026-03-01. Correct one of the two dates.",
        example_faults=(ExampleFault("/valid_until"),),
    ),
    "validity-past-carnet": ProblemCode(
        status=422,
        meaning="A sample collection certificate ends no later than its carnet.",
        causes=("`valid_until` is after the last day of the carnet.",),
        steps=(you("Send the last day of the carnet, or an earlier one, as `valid_until`."),),
        example="The carnet ends on 2026-06-30. The certificate ends on 2026-08-31. Send 2026-06-30 or earlier.",
        example_faults=(ExampleFault("/valid_until"),),
    ),
    "retrospective-appendix-one": ProblemCode(
        status=422,
        meaning="A permit for a specimen of Appendix I is never issued after the goods left.",
        causes=("`retrospective` is true, and a line is of Appendix I (Resolution Conf. 12.3, part XIII).",),
        steps=(
            you("Leave out the line if the goods left without a permit. Tell customs of the country of import."),
            you("Send `retrospective` as false if the goods have not left."),
        ),
        example=(
            "A permit for a specimen of Appendix I is never issued after the goods left. Line A is for Panthera "
            "tigris. Leave out the line, or correct `retrospective`."
        ),
        example_faults=(ExampleFault("/lines/0/appendix"),),
    ),
    "retrospective-reason-alone": ProblemCode(
        status=422,
        meaning="Only a permit that is issued after the goods left has a reason for it.",
        causes=("`retrospective_reason` is there, and `retrospective` is not true.",),
        steps=(you("Send `retrospective` as true, or leave out `retrospective_reason`."),),
        example="`retrospective_reason` is only for a permit with `retrospective`. Send true, or leave out the reason.",
        example_faults=(ExampleFault("/retrospective_reason"),),
    ),
    "issuer-not-of-export-country": ProblemCode(
        status=422,
        meaning="The country of export issues permits and certificates for an export, and phytosanitary certificates.",
        causes=("`issuer` and `export_country` are different countries.", "The kind is wrong."),
        steps=(you("Correct `issuer`, `export_country` or `kind`."),),
        example=(
            "The country of export, ZA, issues a permit of kind export. `issuer` is FR. Correct `issuer`, the country "
            "or the kind."
        ),
        example_faults=(ExampleFault("/issuer"),),
    ),
    "issuer-not-of-import-country": ProblemCode(
        status=422,
        meaning="The country of import issues import permits and certificates of introduction from the sea.",
        causes=("`issuer` and `import_country` are different countries.", "The kind is wrong."),
        steps=(you("Correct `issuer`, `import_country` or `kind`."),),
        example=(
            "The country of import, FR, issues a permit of kind import. `issuer` is ZA. Correct `issuer`, the country "
            "or the kind."
        ),
        example_faults=(ExampleFault("/issuer"),),
    ),
    "validity-too-long": ProblemCode(
        status=422,
        meaning="The permit is valid longer than its kind allows (Resolution Conf. 12.3).",
        causes=("An export permit is valid for six months at most, an import permit for twelve.",),
        steps=(you("Send an earlier day as `valid_until`."),),
        example=(
            "A permit of kind export is valid for at most 6 months. Expected: 2026-09-01 or earlier. Found: 2026-12-31."
        ),
        example_faults=(ExampleFault("/valid_until"),),
    ),
}
