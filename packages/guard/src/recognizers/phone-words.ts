// Words that announce a telephone number, in the languages with the most speakers and those of most numbering plans.

const ENGLISH =
  'phone* telephone* tel tels telnr* telnum* mobile mobiles mobilenum* mob cellphone* cellnum* cellular landline* fax* ' +
  'call dial hotline* helpline* switchboard* sms whatsapp* viber imessage msisdn ph'

const GERMANIC =
  'telefon* telephon* telefax* telef télef mobil mobilnummer* mobilnr* mobiltelefon* mobilfunknummer* mobiel* handy ' +
  'handynummer* handynr* festnetz* rückruf* rufnummer* rufnr* anruf* durchwahl* fernsprecher* natel gsm gsmnummer* ' +
  'telefoon* bellen belnummer* terugbel* tlf sími símanúmer* farsím*'

const ROMANCE =
  'téléphon* móvil* celular* cel telf tfno cellulare cellulaire* llamar llame llámame llámanos llámeme llámenos ' +
  'llamada* appeler appelez appelle rappeler rappelez ligar ligue liga zap telemóvel* telemovel* fone fones chiamare ' +
  'chiama chiami chiamami chiamat* telefón* telèfon*'

const OTHER_EUROPEAN =
  'mobilni* mobilny puhelin* puh matkapuhelin* kännyk* mobiil* mobilszám* cep ara arayın komórk* komork* kom volejte ' +
  'zadzwoń* dzwoń* oddzwoń* tālrun* guthán fón тел телефон* мобильн* моб мобил* сотов* позвон* τηλέφων* τηλ κινητ* ' +
  'հեռախոս* ტელეფონ*'

const ASIAN_AND_AFRICAN =
  '电话 電話 手机 手機 致电 拨打 撥打 热线 熱線 座机 携帯 ケータイ 전화 휴대폰 핸드폰 연락처 โทร เบอร์ มือถือ ໂທ ទូរស័ព្ទ ဖုန်း ' +
  'फोन* फ़ोन* टेलीफोन* टेलीफ़ोन* मोबाइल* दूरभाष* कॉल फोनं ফোন* মোবাইল* தொலைபேசி* දුරකථන* ފޯނު هاتف الهاتف هاتفي جوال الجوال جوالي ' +
  'موبايل الموبايل تلفون تليفون اتصل اتصلوا تلفن موبایل همراه فون موبائل טלפון* הטלפון נייד הנייד утас* ስልክ* taleefan* simu ' +
  'rununu thoại đt sđt sdt telp telepon* ponsel telepono* selpon tawagan'

export const PHONE_WORDS: readonly string[] = [
  ...[ENGLISH, GERMANIC, ROMANCE, OTHER_EUROPEAN, ASIAN_AND_AFRICAN],
].flatMap((words) => words.split(' '))

/** Verbs that are said of much else, and places where people are called. */
export const PHONE_HINTS: readonly string[] = (
  'calls called calling caller* callback* cell dials dialed dialled dialing dialling ring rings rang ringing reach ' +
  'reached reachable text texts texted texting contact contacts contactnum* office home homenum* work worknum* direct ' +
  'desk portable fijo fisso fixe hp wa ruf rufe rufen erreich* kontakt* privatnummer* privatnr* bel belt bereik* casa ' +
  'ufficio lavoro trabajo trabalho oficina bureau domicile joindre joignable contacter contacto contacta* contacte* ' +
  'localiza* comunic* marque marcar texto mensaje* numeroni számom contatt* contato* contatar* mensagem messaggio numaram* ulaş* ' +
  'iletişim* ani dnis sip callto cp hubungi gọi soita soitta* nazovite pozovite zavolejte volajte звон* дзвон* καλέστε'
).split(' ')
