// Words that announce a telephone number, in the languages with the most speakers and those of most numbering plans.

const ENGLISH =
  'phone* telephone* tel tels mobile mobiles mob cellphone* cellular landline* fax faxes call ' +
  'dial hotline* helpline* switchboard* sms whatsapp viber imessage msisdn ph'

const EUROPEAN =
  'telefon* telephon* téléphon* telefax* telef télef mobil mobilnummer* mobiltelefon* mobilfunknummer* mobilni* mobilny ' +
  'mobiel* handy handynummer* festnetz* rückruf* rufnummer* anruf* durchwahl* fernsprecher* móvil* celular* cellulare ' +
  'cellulaire* gsm natel llamar llame llámame llámanos llamada* appeler appelez appelle rappeler rappelez ligar ligue ' +
  'telemóvel* telemovel* chiamare chiama chiamami chiamate telefoon* bellen puhelin* puh matkapuhelin* cep ara arayın ' +
  'komórk* komork* kom volejte zadzwoń* dzwoń* tālrun* telefón* telèfon* sími símanúmer* guthán fón tlf тел телефон* ' +
  'мобильн* моб мобил* сотов* позвон* τηλέφων* τηλ κινητ* հեռախոս* ტელეფონ*'

const ASIAN_AND_AFRICAN =
  '电话 電話 手机 手機 致电 热线 熱線 座机 携帯 ケータイ 전화 휴대폰 핸드폰 연락처 โทร เบอร์ มือถือ ໂທ ទូរស័ព្ទ ဖုန်း फोन* फ़ोन* ' +
  'टेलीफोन* टेलीफ़ोन* मोबाइल* दूरभाष* कॉल फोनं ফোন* মোবাইল* தொலைபேசி* දුරකථන* ފޯނު هاتف الهاتف هاتفي جوال الجوال جوالي ' +
  'موبايل الموبايل تلفون تليفون اتصل اتصلوا تلفن موبایل همراه فون موبائل טלפון* הטלפון נייד утас* ስልክ* taleefan* simu ' +
  'rununu thoại đt sđt sdt telp telepon* ponsel telepono* selpon tawagan'

export const PHONE_WORDS: readonly string[] = [ENGLISH, EUROPEAN, ASIAN_AND_AFRICAN].flatMap(
  (words) => words.split(' '),
)

/** Verbs that are said of much else, and places where people are called. */
export const PHONE_HINTS: readonly string[] = (
  'calls called calling caller* callback* cell dials dialed dialled dialing dialling ring rings rang ringing reach reached reachable text ' +
  'texts texted texting contact contacts office home work direct desk line portable fijo fixe hp wa ' +
  'ruf rufe rufen erreich* kontakt* joindre joignable contacter contactar* contattare contato contacte marque marcar ' +
  'bereik* numaram* ulaş* iletişim* hubungi gọi soita soitta* nazovite pozovite zavolejte volajte звон* дзвон* καλέστε'
).split(' ')
