// ai/local/internal/tables.h: the data files of data/, embedded in the binary, and stems.
//
// A table is read on its first use, under a lock of the language's own; what is handed out lives as long as the program.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace tarn::ai::local {

struct TextHash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};
using WordSet = std::unordered_set<std::string_view, TextHash, std::equal_to<>>;
using ValueMap = std::unordered_map<std::string_view, int8_t, TextHash, std::equal_to<>>;

// data/stopwords.txt: function words of `language` (ISO 639-1), empty for one without a list.
const WordSet &StopWords(std::string_view language);

// data/sentiment-vader.txt and sentiment-afinn.txt.
struct Lexicon {
    ValueMap words;                                     // Folded word or phrase to tenths: "good" has 19, the scale is VADER's -40..40.
    std::unordered_map<std::string, int8_t> stems;      // Of the words of one piece, the mean of those that share it.
    size_t longest = 1;                                 // Words of the longest phrase.
};
// nullptr for a language without one.
const Lexicon *SentimentLexicon(std::string_view language);

// data/emoji.txt and our own additions: tenths, 0 for a sign without a feeling.
int EmojiValue(std::string_view sign);

// What `word` (folded) and its inflections share: Snowball's stem, or the word itself in a language without a stemmer.
std::string Stem(std::string_view word, std::string_view language);

// data/vectors.bin: English words by meaning.
class WordVectors {
public:
    static const WordVectors &Get();
    static constexpr int kSize = 40;
    // kSize numbers, nullptr for an unknown word. `rank`: how frequent it is, 0 the most.
    const int8_t *Find(std::string_view word, uint32_t *rank = nullptr) const;
    size_t Count() const { return rows_.size(); }

private:
    WordVectors();
    std::unordered_map<std::string_view, uint32_t, TextHash, std::equal_to<>> rows_;
    const int8_t *matrix_ = nullptr;
};

}  // namespace tarn::ai::local
