"""Examples about reports."""

from services.gateway.api.routing.route import Example

ANNUAL = (
    "Appendix,SpeciesName,TermCode,Quantity,UnitCode,TradingPartner,CountryOfOrigin,ExportPermit,OriginPermit,"
    "IFSPermit,PurposeCode,SourceCode,Year\n2,Crocodylus niloticus,SKI,118,,FR,ZA,ZA-2026-000123,,,T,R,2026\n"
)
MIRROR = (
    "Issuer,Permit,Line,Appendix,SpeciesName,TermCode,UnitCode,ExportCountry,ImportCountry,ExporterQuantity,"
    "ImporterQuantity,Difference,PurposeCode,SourceCode,Year\n"
    "ZA,ZA-2026-000123,A,2,Crocodylus niloticus,SKI,,ZA,FR,118,100,18,T,R,2026\n"
)
READ_ANNUAL_REPORT = Example(response=ANNUAL)
READ_MIRROR_REPORT = Example(response=MIRROR)
