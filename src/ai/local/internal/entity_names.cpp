// E-mail addresses, links, tags and people.
#include <algorithm>
#include <array>
#include <string>

#include "ai/local/internal/entities.h"
#include "ai/local/internal/tables.h"
#include "ai/local/internal/text.h"

namespace tarn::ai::local {

namespace {

constexpr size_t kLongestLocalPart = 64, kLongestDomain = 253;

bool IsLocalPart(char c) { return IsAsciiWord(c) || std::string_view("._%+-").contains(c); }
bool IsDomain(char c) { return IsAsciiWord(c) || c == '-' || c == '.'; }

// Where a domain with at least two labels that begins at `at` ends, or `at`.
size_t DomainEnd(std::string_view text, size_t at) {
    size_t end = at;
    while (end < text.size() && end - at < kLongestDomain && IsDomain(text[end])) end++;
    while (end > at && (text[end - 1] == '.' || text[end - 1] == '-')) end--;
    std::string_view domain = text.substr(at, end - at);
    size_t dot = domain.rfind('.');
    if (dot == std::string_view::npos || dot == 0 || domain.size() - dot < 3 || domain.contains("..")) return at;
    return std::ranges::all_of(domain.substr(dot + 1), [](char c) { return !IsAsciiDigit(c); }) ? end : at;
}

void Emails(std::string_view text, std::vector<Found> &out) {
    for (size_t sign = 0; (sign = text.find('@', sign)) != std::string_view::npos; sign++) {
        size_t begin = sign;
        size_t least = out.empty() ? 0 : out.back().end;
        while (begin > least && sign - begin < kLongestLocalPart && IsLocalPart(text[begin - 1])) begin--;
        while (begin < sign && text[begin] == '.') begin++;
        size_t end = DomainEnd(text, sign + 1);
        if (begin < sign && end > sign + 1) out.push_back({begin, end});
    }
}

void Urls(std::string_view text, std::vector<Found> &out) {
    for (size_t at = 0; at < text.size();) {
        std::string_view rest = text.substr(at);
        bool starts = at == 0 || !IsAsciiWord(text[at - 1]);
        std::string head = Folded(rest.substr(0, 8));
        std::string_view h = head;
        bool link = starts && (h.starts_with("http://") || h.starts_with("https://") || h.starts_with("ftp://") || h.starts_with("www."));
        if (!link) {
            at++;
            while (at < text.size() && (text[at] | 0x20) != 'h' && (text[at] | 0x20) != 'f' && (text[at] | 0x20) != 'w') at++;
            continue;
        }
        size_t end = at;
        while (end < text.size() && static_cast<unsigned char>(text[end]) > ' ' && !std::string_view("<>\"'`{}|^\\").contains(text[end])) end++;
        // What closes the sentence around a link is no part of it.
        while (end > at && std::string_view(".,;:!?)]*_").contains(text[end - 1])) {
            if (text[end - 1] == ')' && text.substr(at, std::min<size_t>(end - at, 512)).contains('(')) break;
            end--;
        }
        if (end - at > 8 || (h.starts_with("www.") && end - at > 6)) out.push_back({at, end});
        at = std::max(end, at + 1);
    }
}

void Tags(std::string_view text, char sign, std::vector<Found> &out) {
    for (size_t at = 0; (at = text.find(sign, at)) != std::string_view::npos; at++) {
        if (at > 0 && (IsAsciiWord(text[at - 1]) || text[at - 1] == sign || text[at - 1] == '&' || text[at - 1] == '/' || text[at - 1] == '.')) continue;
        size_t end = at + 1;
        while (end < text.size() && (IsAsciiWord(text[end]) || text[end] == '_')) end++;
        bool digits_only = std::ranges::all_of(text.substr(at + 1, end - at - 1), IsAsciiDigit);
        if (end > at + 2 && !digits_only) out.push_back({at, end});
        at = end - 1;
    }
}

// Frequent given names of the countries of the example's users.
constexpr std::string_view kGivenNames =
    "aaron adam adrian ahmed alan albert alejandro alessandro alex alexander alexandra alexei ali alice alicia amanda amelia amy ana andre "
    "andrea andreas andreea andrei andrew andrzej angela anja anke ann anna anne annette anthony antoine anton antonio arjun arthur astrid "
    "barbara bart beatrice ben benjamin bernd bianca björn boris brandon brian bruno camille carl carla carlos carmen caroline catherine "
    "cecilia charles charlotte chiara chloe chris christian christina christine christoph christopher claire clara claudia claudio "
    "connor cristina dan daniel daniela david deborah dennis diana diego dieter dmitri dominik donald dorothea dylan edward elena elias "
    "elisabeth elizabeth ella ellen emil emily emma enrico eric erik erika ethan eva evelyn fatima felix fernando filip florian francesca "
    "francesco francisco franck frank franz fred frederik friedrich gabriel gabriele george gerhard giorgio giovanni giulia giuseppe "
    "greta guillaume gustav hanna hannah hans harald harry heather heidi heike heinrich helen helena henrik henry hiroshi hugo ian "
    "igor ines ingrid irina isabel isabella ivan jack jacob jakob james jan jana jane janet jason javier jean jeff jennifer jens jessica "
    "jesus jim joan joao johan johann johannes john jonas jonathan jordan jorge jose josef joseph joshua juan julia julian julie jürgen "
    "justin kaitlyn karen karin karl katarina katharina katherine kathrin katja kelly ken kenji kevin klaus kristina kyle lars laura "
    "lauren lea leo leon leonardo lena linda lisa liam logan louis luca lucas lucia luis lukas luke madison magdalena manfred manuel "
    "marc marco marcus margaret maria marie marina mario marion markus marta martin martina mary mateusz matt matteo matthew matthias "
    "maurice max maximilian megan melanie mia michael michaela michel michele miguel mikhail mike mohamed mohammed monica monika "
    "moritz muhammad nadine natalia natalie nathan nicholas nick nico nicola nicolas nicole nina noah nora olga oliver olivia oscar otto "
    "pablo pamela paolo patricia patrick paul paula pavel pedro peter petra philip philipp pierre piotr rachel rafael ralf ralph raquel "
    "rebecca renate ricardo richard rita robert roberto robin roger roland ronald rosa ruth ryan sabine samantha sam samuel sandra sara "
    "sarah scott sebastian sergei sergio silke silvia simon simone sofia sofie sonja sophia sophie stefan stefanie stephan stephanie "
    "stephen steve steven susan susanne sven sylvia tanja tatiana ted teresa theo theresa thomas thorsten tim timothy tina tobias tom "
    "tomasz tony tracy tyler ulrich ursula uwe valentina vanessa vera veronica victor victoria vincent vladimir walter werner wilhelm "
    "william wolfgang xavier yannick yuki yuri yusuf yves zoe";

// A capitalised word after one of these is a name.
constexpr std::string_view kTitles = "mr mrs ms miss dr prof professor sir madam herr frau hr fr monsieur madame mme mlle señor señora sr sra signor signora dhr mevr pan pani";
constexpr std::string_view kGreetings = "hi hello dear hey regards cheers thanks sincerely hallo liebe lieber grüße gruß bonjour cher chère hola querido ciao caro cara "
                                        "olá beste hej";

const WordSet &SetOf(std::string_view words) {
    static const auto make = [](std::string_view list) {
        WordSet set;
        while (!list.empty()) {
            size_t end = std::min(list.find(' '), list.size());
            set.insert(list.substr(0, end));
            list.remove_prefix(std::min(end + 1, list.size()));
        }
        return set;
    };
    static const WordSet given = make(kGivenNames), titles = make(kTitles), greetings = make(kGreetings);
    return words.data() == kGivenNames.data() ? given : words.data() == kTitles.data() ? titles : greetings;
}

class People {
public:
    People(std::string_view text, std::vector<Found> &out) : text_(text), tokens_(Tokenize(text)), out_(out) {}

    void Run() {
        for (size_t i = 0; i < tokens_.size(); i++) {
            if (tokens_[i].kind != TokenKind::kWord) continue;
            size_t first = i;
            if (SetOf(kTitles).contains(tokens_[i].folded)) {
                first = AfterStop(i);
            } else if (int words = Introduction(i); words > 0) {
                first = i + static_cast<size_t>(words);
            } else if (SetOf(kGreetings).contains(tokens_[i].folded)) {
                first = AfterComma(i);
                if (first < tokens_.size() && Capitalised(first) && !SetOf(kGivenNames).contains(tokens_[first].folded)) {
                    bool stop = StopWords("en").contains(tokens_[first].folded) || StopWords("de").contains(tokens_[first].folded);
                    if (stop || !EndsShort(first)) continue;
                }
            } else if (!SetOf(kGivenNames).contains(tokens_[i].folded)) {
                continue;
            }
            if (first >= tokens_.size() || !Capitalised(first)) continue;
            size_t last = LastName(first);
            out_.push_back({tokens_[first].begin, tokens_[last].end});
            i = last;
        }
    }

private:
    bool Capitalised(size_t i) const {
        if (tokens_[i].kind != TokenKind::kWord) return false;
        size_t at = tokens_[i].begin;
        return IsUpper(Next(text_, at));
    }
    bool Is(size_t i, std::string_view word) const { return i < tokens_.size() && tokens_[i].folded == word; }
    size_t AfterStop(size_t i) const { return Is(i + 1, ".") ? i + 2 : i + 1; }
    size_t AfterComma(size_t i) const { return Is(i + 1, ",") || Is(i + 1, "!") ? i + 2 : i + 1; }
    // "my name is", "ich heiße": how many words.
    int Introduction(size_t i) const {
        if (Is(i, "name") && (Is(i + 1, "is") || Is(i + 1, "ist"))) return 2;
        if (Is(i, "heiße") || Is(i, "heisse") || Is(i, "m'appelle") || Is(i, "llamo")) return 1;
        if (Is(i, "mi") && Is(i + 1, "chiamo")) return 2;
        return 0;
    }
    // A greeting's name is followed by a comma, a mark or the end of the line.
    bool EndsShort(size_t i) const {
        if (i + 1 >= tokens_.size()) return true;
        if (tokens_[i + 1].kind == TokenKind::kPunctuation) return true;
        return text_.substr(tokens_[i].end, tokens_[i + 1].begin - tokens_[i].end).contains('\n');
    }
    // Surnames, initials and particles that follow on the same line.
    size_t LastName(size_t i) const {
        size_t last = i;
        for (size_t next = i + 1; next < tokens_.size() && next - i <= 4; next++) {
            if (text_.substr(tokens_[next - 1].end, tokens_[next].begin - tokens_[next - 1].end) != " ") {
                if (!(Is(next, ".") && tokens_[next - 1].end - tokens_[next - 1].begin == 1)) break;
                continue;  // "J."
            }
            const std::string &word = tokens_[next].folded;
            bool particle = word == "van" || word == "von" || word == "de" || word == "der" || word == "den" || word == "da" || word == "di" || word == "la";
            if (particle && !Capitalised(next)) continue;
            if (!Capitalised(next) || StopWords("en").contains(word)) break;
            last = next;
        }
        return last;
    }

    std::string_view text_;
    std::vector<Token> tokens_;
    std::vector<Found> &out_;
};

}  // namespace

void FindNames(std::string_view text, Entity kind, std::vector<Found> &out) {
    switch (kind) {
        case Entity::kEmail: return Emails(text, out);
        case Entity::kUrl: return Urls(text, out);
        case Entity::kHashtag: return Tags(text, '#', out);
        case Entity::kMention: return Tags(text, '@', out);
        default: return People(text, out).Run();
    }
}

}  // namespace tarn::ai::local
