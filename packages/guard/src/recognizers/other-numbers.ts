// Words that announce a number which is nobody's: of an order, a case, a parcel, a version, a quantity. For the `against`
// of recognizers whose values look like such numbers; case and accents do not matter.

const ENGLISH =
  'order orders ticket* case cases invoice* tracking tracked track claim claims serial reference references ref refs ' +
  'version versions account accounts acct policy policies contract* booking* reservation* confirmation* transaction* ' +
  'receipt* shipment* parcel* package* part parts model models sku skus product products item items id ids uuid guid ' +
  'batch lot licence* license* permit* docket* quote quotes payment* voucher* coupon* card cards iban ssn nhs passport* ' +
  'vat zip postcode* code codes pin otp asset* incident* issue issues build builds revision* commit* isbn issn ean gtin ' +
  'upc offset* row rows column* page pages port ports pid byte bytes size sizes price prices total totals amount* ' +
  'balance* cost costs sum sums count counts population index epoch* timestamp* seed coordinates latitude longitude ' +
  'release* section* chapter* volume* year years request* gross budget* revenue* sales votes used usage ' +
  'created updated started duration elapsed repair* job jobs meter* article* warranty* membership memberships insurance loan loans mortgage ' +
  'subscription subscriptions rma buffer buffers hex'

const ROMANCE =
  'pedido* factura* caso expediente referencia* reserva* contrato* poliza* cuenta seguimiento envio folio commande* ' +
  'facture* dossier* colis suivi compte fatura* protocolo* encomenda* rastreio rastreamento apolice* conta ordine ' +
  'fattura* pratica riferimento prenotazione contratto spedizione protocollo matricola pdr comanda comenzi*'

const GERMANIC =
  'bestell* auftrag* rechnung* vorgang* sendung* vertrag* kundennummer* referenz* serien* buchung* aktenzeichen ' +
  'telefonrechnung* telefonvertrag* telefontarif* telefonanschluss* telefonkosten* telefonregning* telefonrakning* ' +
  'telefoonrekening* telefoonkosten* handyvertrag* handyrechnung* mobilfunkvertrag* factuur* klantnummer* ordernummer* beställning* faktura* ärende*'

const OTHERS =
  'sipariş* müşteri* takip rezervasyon* sözleşme* zamówieni* umow* zgłoszen* đơn pesanan resi заказ* счет* счёт* ' +
  'договор* трек* 订单 訂單 发票 發票 单号 單號 编号 編號 合同 注文 請求 追跡 伝票 주문 송장 ऑर्डर बिल طلب الطلب فاتورة الفاتورة'

// Numbers that are written in groups of which some look like another number.

/** The code of a shipping unit (GS1 General Specifications, application identifier 00). */
export const SHIPPING_UNIT = '(?<!\\w)00(?: \\d{4}){4} \\d\\d(?!\\w)'
/** A parcel of UPS. */
export const UPS_PARCEL = '(?<!\\w)1Z(?: [0-9A-Z]{3}){2} \\d\\d(?: \\d{4}){2}(?!\\w)'
/** A meter point of Great Britain (MPAN, Balancing and Settlement Code, section K). */
export const METER_POINT = '(?<!\\w)\\d\\d \\d{3} \\d{3} \\d\\d \\d{4} \\d{4} \\d{3}(?!\\w)'
/** A payment slip of Brazil (FEBRABAN, "linha digitável"). */
export const PAYMENT_SLIP =
  '(?<!\\w)\\d{5}\\.\\d{5} \\d{5}\\.\\d{6} \\d{5}\\.\\d{6} \\d \\d{14}(?!\\w)'

export const OTHER_NUMBERS: readonly string[] = [ENGLISH, ROMANCE, GERMANIC, OTHERS].flatMap(
  (words) => words.split(' '),
)
