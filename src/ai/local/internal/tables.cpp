#include "ai/local/internal/tables.h"

#include <libstemmer.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>

#include "ai/local/internal/embedded.h"
#include "base/error.h"

namespace tarn::ai::local {

namespace {

// The lines of each part of an embedded file; a part begins with "=== language".
std::map<std::string_view, std::string_view> Parts(std::string_view file) {
    constexpr std::string_view kHead = "=== ";
    std::map<std::string_view, std::string_view> parts;
    for (size_t at = 0; file.substr(at).starts_with(kHead);) {
        size_t line = file.find('\n', at);
        size_t next = file.find("\n=== ", line);
        size_t end = next == std::string_view::npos ? file.size() : next + 1;
        parts[file.substr(at + kHead.size(), line - at - kHead.size())] = file.substr(line + 1, end - line - 1);
        at = end;
    }
    return parts;
}

template <class Line>
void ForEachLine(std::string_view text, Line &&line) {
    while (!text.empty()) {
        size_t end = std::min(text.find('\n'), text.size());
        if (end > 0) line(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
}

std::pair<std::string_view, int8_t> Entry(std::string_view line) {
    size_t tab = line.rfind('\t');
    int value = 0;
    std::from_chars(line.data() + tab + 1, line.data() + line.size(), value);
    return {line.substr(0, tab), static_cast<int8_t>(std::clamp(value, -50, 50))};
}

// Tables by language, each made when first asked for.
template <class Table>
class ByLanguage {
public:
    explicit ByLanguage(std::initializer_list<std::string_view> files) {
        for (std::string_view file : files) parts_.merge(Parts(file));
    }
    const Table *Get(std::string_view language, void (*fill)(std::string_view language, std::string_view lines, Table &)) {
        auto part = parts_.find(language);
        if (part == parts_.end()) return nullptr;
        std::lock_guard lock(mutex_);
        auto &table = tables_[part->first];
        if (!table) {
            table = std::make_unique<Table>();
            fill(part->first, part->second, *table);
        }
        return table.get();
    }

private:
    std::map<std::string_view, std::string_view> parts_;  // Never changed once made.
    std::mutex mutex_;
    std::map<std::string_view, std::unique_ptr<Table>> tables_;
};

void FillStopWords(std::string_view, std::string_view lines, WordSet &set) {
    ForEachLine(lines, [&set](std::string_view word) { set.insert(word); });
}

void FillLexicon(std::string_view language, std::string_view lines, Lexicon &lexicon) {
    std::unordered_map<std::string, std::pair<int, int>> sums;
    ForEachLine(lines, [&](std::string_view line) {
        auto [word, value] = Entry(line);
        lexicon.words.emplace(word, value);
        lexicon.longest = std::max(lexicon.longest, 1 + static_cast<size_t>(std::ranges::count(word, ' ')));
        if (word.contains(' ')) return;
        auto &[sum, count] = sums[Stem(word, language)];
        sum += value;
        count++;
    });
    for (const auto &[stem, total] : sums) lexicon.stems.emplace(stem, static_cast<int8_t>(total.first / total.second));
}

// Signs whose description does not say how they feel.
constexpr auto kMoreEmoji = std::to_array<std::pair<std::string_view, int8_t>>(
    {{"👍", 20}, {"👎", -20}, {"🔥", 18}, {"💯", 22}, {"🙏", 14}, {"👏", 20}, {"🙌", 20}, {"💪", 17}, {"🚀", 15}, {"⭐", 15}, {"🤩", 27},
     {"😭", -15}, {"😡", -27}, {"🤬", -32}, {"🤮", -28}, {"🤢", -24}, {"💩", -20}, {"😒", -17}, {"🙄", -14}, {"💔", -25}, {"😞", -19},
     {"😔", -18}, {"😠", -25}, {"😩", -17}, {"😫", -17}, {"🤦", -14}, {"✅", 12}, {"❌", -14}, {"🥳", 28}, {"🥰", 30}, {"👌", 18}, {"☠", -22},
     {"💀", -8}, {"😂", 16}, {"🤣", 18}, {"😕", -12}, {"☹", -18}, {"🖕", -30}, {"🎉", 25}, {"🏆", 22}, {"😎", 18}, {"😴", -8}});

ValueMap MakeEmoji() {
    ValueMap map;
    for (const auto &[sign, value] : kMoreEmoji) map.emplace(sign, value);
    ForEachLine(EmbeddedEmoji(), [&map](std::string_view line) { map.insert(Entry(line)); });
    return map;
}

constexpr auto kStemmers = std::to_array<std::pair<std::string_view, const char *>>(
    {{"ar", "arabic"}, {"ca", "catalan"}, {"da", "danish"}, {"de", "german"}, {"el", "greek"}, {"en", "english"}, {"es", "spanish"},
     {"eu", "basque"}, {"fi", "finnish"}, {"fr", "french"}, {"ga", "irish"}, {"hi", "hindi"}, {"hu", "hungarian"}, {"hy", "armenian"},
     {"id", "indonesian"}, {"it", "italian"}, {"lt", "lithuanian"}, {"nl", "dutch"}, {"no", "norwegian"}, {"pt", "portuguese"},
     {"ro", "romanian"}, {"ru", "russian"}, {"sr", "serbian"}, {"sv", "swedish"}, {"tr", "turkish"}, {"yi", "yiddish"}});

struct StemmerCloser {
    void operator()(sb_stemmer *stemmer) const { sb_stemmer_delete(stemmer); }
};

// A stemmer keeps the word it works on, so each thread has its own.
sb_stemmer *StemmerOf(std::string_view language) {
    thread_local std::array<std::unique_ptr<sb_stemmer, StemmerCloser>, kStemmers.size()> stemmers;
    auto found = std::ranges::find(kStemmers, language, &std::pair<std::string_view, const char *>::first);
    if (found == kStemmers.end()) return nullptr;
    auto &stemmer = stemmers[static_cast<size_t>(found - kStemmers.begin())];
    if (!stemmer) stemmer.reset(sb_stemmer_new(found->second, "UTF_8"));
    return stemmer.get();
}

}  // namespace

const WordSet &StopWords(std::string_view language) {
    static ByLanguage<WordSet> tables({EmbeddedStopWords()});
    static const WordSet none;
    const WordSet *found = tables.Get(language, FillStopWords);
    return found ? *found : none;
}

const Lexicon *SentimentLexicon(std::string_view language) {
    static ByLanguage<Lexicon> tables({EmbeddedVader(), EmbeddedAfinn()});
    return tables.Get(language, FillLexicon);
}

int EmojiValue(std::string_view sign) {
    static const ValueMap map = MakeEmoji();
    auto found = map.find(sign);
    return found == map.end() ? 0 : found->second;
}

std::string Stem(std::string_view word, std::string_view language) {
    constexpr size_t kLongestWord = 64;
    sb_stemmer *stemmer = word.size() <= kLongestWord ? StemmerOf(language) : nullptr;
    if (!stemmer) return std::string(word);
    const sb_symbol *stem = sb_stemmer_stem(stemmer, reinterpret_cast<const sb_symbol *>(word.data()), static_cast<int>(word.size()));
    if (!stem) return std::string(word);
    return {reinterpret_cast<const char *>(stem), static_cast<size_t>(sb_stemmer_length(stemmer))};
}

const WordVectors &WordVectors::Get() {
    static const WordVectors vectors;
    return vectors;
}

WordVectors::WordVectors() {
    std::string_view file = EmbeddedVectors();
    uint32_t header[3];
    std::memcpy(header, file.data(), sizeof header);
    TARN_ASSERT(header[1] == kSize && file.size() == sizeof header + header[2] + size_t{header[0]} * kSize);
    rows_.reserve(header[0]);
    uint32_t row = 0;
    ForEachLine(file.substr(sizeof header, header[2]), [&](std::string_view word) { rows_.emplace(word, row++); });
    matrix_ = reinterpret_cast<const int8_t *>(file.data()) + sizeof header + header[2];
}

const int8_t *WordVectors::Find(std::string_view word, uint32_t *rank) const {
    auto found = rows_.find(word);
    if (found == rows_.end()) return nullptr;
    if (rank) *rank = found->second;
    return matrix_ + size_t{found->second} * kSize;
}

}  // namespace tarn::ai::local
