#include "ai/local/internal/sentiment_rules.h"

#include <array>
#include <map>

namespace tarn::ai::local {

namespace {

struct Words {
    std::string_view language, negations, more, less, but;
};

constexpr auto kWords = std::to_array<Words>({
    {"en", "not no never none nobody nothing neither nor nowhere without cannot cant dont doesnt didnt isnt wasnt arent werent wont wouldnt "
           "shouldnt couldnt hasnt havent hadnt aint hardly rarely seldom barely lack lacks despite",
     "very really extremely absolutely totally completely incredibly amazingly awfully deeply enormously especially exceptionally extraordinarily "
     "fully highly hugely insanely intensely most particularly purely quite remarkably so substantially super thoroughly tremendously truly "
     "uber unbelievably unusually utterly such damn freaking fucking",
     "almost barely hardly kinda less little marginally mildly moderately occasionally partly scarcely slightly somewhat sorta", "but however although yet"},
    {"de", "nicht kein keine keinen keinem keiner keines nie niemals nichts ohne weder noch kaum niemand nirgends ned nix",
     "sehr echt wirklich total extrem absolut richtig unglaublich besonders ziemlich so mega super voll enorm äußerst überaus höchst zutiefst wahnsinnig ganz",
     "etwas wenig leicht einigermaßen bisschen teilweise halbwegs fast", "aber jedoch allerdings doch sondern"},
    {"fr", "ne pas jamais rien aucun aucune sans ni personne plus guère non", "très vraiment extrêmement absolument tellement totalement trop super si incroyablement particulièrement hyper",
     "peu assez légèrement presque moins plutôt", "mais cependant pourtant toutefois"},
    {"es", "no nunca jamás nada ningún ninguna ninguno sin ni nadie tampoco", "muy realmente extremadamente absolutamente totalmente tan súper super demasiado increíblemente mucho bastante",
     "poco algo ligeramente casi menos apenas", "pero sino aunque embargo"},
    {"it", "non mai niente nulla nessun nessuna nessuno senza né nemmeno neanche", "molto davvero estremamente assolutamente totalmente così super troppo incredibilmente veramente tanto",
     "poco abbastanza leggermente quasi meno", "ma però tuttavia"},
    {"pt", "não nunca jamais nada nenhum nenhuma sem nem ninguém", "muito realmente extremamente absolutamente totalmente tão super demais incrivelmente bastante",
     "pouco ligeiramente quase menos", "mas porém contudo"},
    {"nl", "niet geen nooit niets niks zonder noch niemand nauwelijks", "heel erg zeer echt ontzettend absoluut totaal enorm super bijzonder zo te", "beetje weinig lichtelijk bijna minder redelijk",
     "maar echter"},
    {"sv", "inte ingen inget inga aldrig ej icke utan varken knappt", "mycket väldigt verkligen otroligt extremt absolut så super jätte riktigt", "lite något knappt nästan mindre ganska", "men"},
    {"da", "ikke ingen intet aldrig uden hverken næppe", "meget virkelig utrolig ekstremt absolut så super rigtig", "lidt næsten mindre ganske", "men"},
    {"no", "ikke ingen ingenting aldri uten verken neppe", "veldig virkelig utrolig ekstremt absolutt så super svært", "litt nesten mindre ganske", "men"},
    {"fi", "ei en et emme ette eivät ole eikä ilman koskaan mikään", "erittäin todella hyvin tosi aivan äärimmäisen niin super", "hieman vähän melko lähes", "mutta vaan"},
    {"pl", "nie nigdy nic żaden żadna żadne bez ani nikt", "bardzo naprawdę niezwykle absolutnie całkowicie tak super strasznie", "trochę mało lekko prawie mniej", "ale jednak lecz"},
    {"cs", "ne není nejsou nikdy nic žádný žádná žádné bez ani nikdo nemám nemá", "velmi opravdu extrémně absolutně tak super hodně moc", "trochu málo lehce téměř méně", "ale však"},
    {"ru", "не нет никогда ничего никакой без ни никто нельзя", "очень действительно крайне абсолютно совершенно так супер невероятно слишком", "немного мало слегка почти менее", "но однако а"},
    {"uk", "не ні немає ніколи нічого жоден без ані ніхто", "дуже справді надзвичайно абсолютно так супер неймовірно", "трохи мало злегка майже менш", "але однак проте"},
    {"tr", "değil yok hiç asla hayır ne", "çok gerçekten son aşırı kesinlikle süper inanılmaz", "biraz az hafif neredeyse", "ama fakat ancak"},
    {"el", "δεν μη μην ποτέ τίποτα κανένα χωρίς ούτε όχι", "πολύ πραγματικά εξαιρετικά απόλυτα τόσο σούπερ", "λίγο ελαφρώς σχεδόν", "αλλά όμως"},
    {"hu", "nem ne soha semmi nincs nélkül sem senki", "nagyon igazán rendkívül teljesen annyira szuper", "kissé kicsit alig majdnem", "de azonban"},
    {"ro", "nu niciodată nimic niciun nicio fără nici nimeni", "foarte chiar extrem absolut total atât super", "puțin cam aproape", "dar însă"},
    {"id", "tidak bukan tak jangan tanpa belum", "sangat sekali amat benar paling super banget", "sedikit agak hampir kurang", "tapi tetapi namun"},
    {"ja", "ない ません ず なかった", "とても すごく 非常 本当", "少し やや", "しかし でも"},
    {"zh", "不 没 沒 无 無 别 未 非", "很 非常 太 十分 极 超 真 最", "有点 稍 略", "但 但是 可是 不过"},
});

WordSet Split(std::string_view words) {
    WordSet set;
    while (!words.empty()) {
        size_t end = words.find(' ');
        set.insert(words.substr(0, end));
        words.remove_prefix(end == std::string_view::npos ? words.size() : end + 1);
    }
    return set;
}

}  // namespace

const SentimentRules &RulesOf(std::string_view language) {
    static const auto table = [] {
        std::map<std::string_view, SentimentRules> rules;
        for (const Words &w : kWords) rules[w.language] = {Split(w.negations), Split(w.more), Split(w.less), Split(w.but)};
        return rules;
    }();
    static const SentimentRules none;
    auto found = table.find(language);
    return found == table.end() ? none : found->second;
}

}  // namespace tarn::ai::local
