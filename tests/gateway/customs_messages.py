"""Customs messages for tests, in the form of real ones: with or without MetaData, of several versions."""

from typing import Any
from xml.sax.saxutils import escape

V2 = ("urn:wco:datamodel:WCO:DocumentMetaData-DMS:2", "urn:wco:datamodel:WCO:DEC-DMS:2")
V3 = ("urn:wco:datamodel:WCO:DocumentMetaData:3", "urn:wco:datamodel:WCO:DEC:3")
NO_NAMESPACES = ("", "")


def document_xml(
    number: str | None = "ZA-2026-000123",
    code: str = "C400",
    status: str | None = "AE",
    off: str | None = "100",
    unit: str | None = "NAR",
) -> str:
    """Write a document that an item cites."""
    inner = (
        f"<CategoryCode>{code[0]}</CategoryCode>" + _optional_element("ID", number) + f"<TypeCode>{code[1:]}</TypeCode>"
    )
    inner += _optional_element("LPCOExemptionCode", status)
    named = f' unitCode="{unit}"' if unit is not None else ""
    wrote_off = f"<WriteOff><QuantityQuantity{named}>{off}</QuantityQuantity></WriteOff>" if off is not None else ""
    return f"<AdditionalDocument>{inner}{wrote_off}</AdditionalDocument>"


def goods_item_xml(
    *documents: str, number: int = 1, export: str | None = None, measure: str = "", more: str = ""
) -> str:
    """Write a goods item. It has a customs document that is not about wildlife in addition to the cited ones."""
    invoice = document_xml("12345/03.01.2026", "N935", "AC", None)
    country = f"<ExportCountry><ID>{export}</ID></ExportCountry>" if export else ""
    return f"""
      <GovernmentAgencyGoodsItem>
        <!-- An item with the comments of real messages -->
        <SequenceNumeric>{number}</SequenceNumeric>{"".join(documents) or document_xml()}{invoice}
        <Commodity><Description>Reptile skins, salted</Description>
          <Classification><ID>41032000</ID><IdentificationTypeCode>TSP</IdentificationTypeCode></Classification>
          <Classification><ID>00</ID><IdentificationTypeCode>TRC</IdentificationTypeCode></Classification>
          <GoodsMeasure><GrossMassMeasure>55</GrossMassMeasure>
            <NetNetWeightMeasure>50</NetNetWeightMeasure>{measure}</GoodsMeasure>
          <InvoiceLine><ItemChargeAmount currencyID="GBP">10000</ItemChargeAmount></InvoiceLine></Commodity>{country}
        <GovernmentProcedure><CurrentCode>40</CurrentCode><PreviousCode>00</PreviousCode></GovernmentProcedure>
        <Origin><CountryCode>ZA</CountryCode><TypeCode>1</TypeCode></Origin>{more}
        <Packaging><SequenceNumeric>1</SequenceNumeric><QuantityQuantity>10</QuantityQuantity></Packaging>
      </GovernmentAgencyGoodsItem>"""


def customs_message(
    reference: str,
    *items: str,
    namespaces: tuple[str, str] = V2,
    importer: str = "FR99988877700011",
    exporter: str = "<Name>A (Pty) Ltd</Name><Address><CountryCode>ZA</CountryCode></Address>",
    destination: str | None = "FR",
    export: str | None = "ZA",
    kind: str = "IMA",
    function: str = "9",
    more: str = "",
) -> bytes:
    """Write a complete message."""
    outer, inner = namespaces
    wrapper = f' xmlns:md="{outer}" xmlns="{inner}"' if outer else ""
    md = "md:" if outer else ""
    into = f"<Destination><CountryCode>{destination}</CountryCode></Destination>" if destination else ""
    out = f"<ExportCountry><ID>{export}</ID></ExportCountry>" if export else ""
    return f"""<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<{md}MetaData{wrapper} xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="{outer or "u"} x.xsd">
  <{md}WCODataModelVersionCode>3.6</{md}WCODataModelVersionCode><{md}WCOTypeName>DEC</{md}WCOTypeName>
  <Declaration>
    <!--DE 1/1 and so on, as in real messages-->
    <FunctionCode>{function}</FunctionCode>
    <FunctionalReferenceID>{escape(reference)}</FunctionalReferenceID>
    <TypeCode>{kind}</TypeCode><GoodsItemQuantity>{len(items) or 1}</GoodsItemQuantity>
    <Declarant><ID>{importer}</ID></Declarant>
    <Exporter>{exporter}</Exporter>
    <GoodsShipment>
      <Consignment><ContainerCode>1</ContainerCode></Consignment>{into}{out}{"".join(items) or goods_item_xml()}
      <Importer><ID>{importer}</ID></Importer>{more}
    </GoodsShipment>
  </Declaration>
</{md}MetaData>""".encode()


def _optional_element(name: str, value: Any) -> str:
    return "" if value is None else f"<{name}>{value}</{name}>"
