// Key phrases: RAKE proposes what stands between stop words and punctuation, RAKE and TextRank together say what it is worth.
#include <algorithm>
#include <cmath>
#include <map>
#include <unordered_map>

#include "ai/local/internal/tables.h"
#include "ai/local/internal/text.h"
#include "ai/local/local_models.h"

namespace tarn::ai::local {

namespace {

constexpr size_t kLongestPhrase = 4;

struct Phrase {
    std::string text;
    std::vector<uint32_t> words;
    size_t count = 0;
    double score = 0;
};

class Collector {
public:
    explicit Collector(std::string_view language)
        : language_(language), stops_(StopWords(language)), english_(StopWords("en")) {}

    void Read(std::string_view text) {
        uint32_t previous_end = 0;
        for (const Token &token : Tokenize(text)) {
            bool gap = token.begin > previous_end;
            previous_end = token.end;
            if (token.kind == TokenKind::kIdeograph) {
                Ideograph(token, gap);
            } else if (token.kind == TokenKind::kWord && !IsStop(token.folded)) {
                if (after_ideograph_) Flush();
                Add(token.folded);
            } else {
                Flush();
            }
        }
        Flush();
    }

    std::vector<Phrase> phrases;
    std::vector<std::vector<uint32_t>> runs;  // Phrases in the text's order, as numbers of words.
    size_t word_count = 0;

private:
    // One letter is no word; other languages' texts quote English.
    bool IsStop(const std::string &word) const {
        size_t after = 0;
        Next(word, after);
        return after >= word.size() || stops_.contains(word) || (stops_.empty() && english_.contains(word));
    }
    // Scripts without spaces: pairs of characters stand for words; a run of them is one phrase up to four.
    void Ideograph(const Token &token, bool gap) {
        if (gap || !after_ideograph_ || run_text_.size() >= kLongestPhrase) Flush();
        after_ideograph_ = true;
        if (stops_.contains(token.folded)) return Flush();
        run_text_.push_back(token.folded);
    }
    void Add(const std::string &word) {
        run_text_.push_back(word);
        if (run_text_.size() > kLongestPhrase) too_long_ = true;
    }
    void Flush() {
        bool ideographs = after_ideograph_;
        after_ideograph_ = false;
        std::vector<std::string> run;
        run.swap(run_text_);
        bool too_long = too_long_;
        too_long_ = false;
        if (run.empty() || (ideographs && run.size() < 2)) return;
        // A long run is a list without commas, or a title: its words count, the whole is no phrase.
        if (too_long) {
            for (const std::string &word : run) Take({word}, false);
            return;
        }
        Take(run, ideographs);
    }
    void Take(const std::vector<std::string> &run, bool ideographs) {
        std::string text, key;
        std::vector<uint32_t> words;
        for (const std::string &word : run) {
            text += (text.empty() || ideographs ? "" : " ") + word;
            std::string stem = Stem(word, language_);
            key += stem + ' ';
            auto number = numbers_.emplace(std::move(stem), static_cast<uint32_t>(numbers_.size())).first->second;
            words.push_back(number);
        }
        word_count = numbers_.size();
        auto [place, fresh] = index_.emplace(key, phrases.size());
        if (fresh) phrases.push_back({text, words, 0, 0});
        phrases[place->second].count++;
        runs.push_back(std::move(words));
    }

    std::string language_;
    const WordSet &stops_;
    const WordSet &english_;
    std::vector<std::string> run_text_;
    bool after_ideograph_ = false;
    bool too_long_ = false;
    std::unordered_map<std::string, uint32_t> numbers_;
    std::unordered_map<std::string, size_t> index_;
};

// RAKE: degree / frequency of a word, where its degree counts the words of all phrases it is in.
std::vector<double> RakeScores(const Collector &found) {
    std::vector<double> frequency(found.word_count), degree(found.word_count);
    for (const auto &run : found.runs) {
        for (uint32_t word : run) {
            frequency[word]++;
            degree[word] += static_cast<double>(run.size());
        }
    }
    for (size_t i = 0; i < degree.size(); i++) degree[i] /= std::max(1.0, frequency[i]);
    return degree;
}

// TextRank: words are linked when they stand within three of one another among the words that count.
std::vector<double> WordRanks(const Collector &found) {
    constexpr size_t kWindow = 3;
    constexpr double kDamping = 0.85;
    std::vector<uint32_t> stream;
    for (const auto &run : found.runs) stream.insert(stream.end(), run.begin(), run.end());
    std::vector<std::pair<uint32_t, uint32_t>> links;
    for (size_t i = 0; i < stream.size(); i++) {
        for (size_t j = i + 1; j < std::min(stream.size(), i + kWindow); j++) {
            if (stream[i] != stream[j]) links.emplace_back(stream[i], stream[j]);
        }
    }
    std::vector<double> degree(found.word_count), rank(found.word_count, 1.0), next(found.word_count);
    for (auto [a, b] : links) degree[a]++, degree[b]++;
    for (int round = 0; round < 20; round++) {
        std::ranges::fill(next, 1 - kDamping);
        for (auto [a, b] : links) {
            next[b] += kDamping * rank[a] / degree[a];
            next[a] += kDamping * rank[b] / degree[b];
        }
        rank.swap(next);
    }
    return rank;
}

// "rebuilt combat system" speaks for "combat system", too, where that is a phrase of its own.
void CountInner(Collector &found) {
    std::map<std::vector<uint32_t>, size_t> index;
    for (size_t i = 0; i < found.phrases.size(); i++) {
        if (found.phrases[i].words.size() > 1) index.emplace(found.phrases[i].words, i);
    }
    for (const auto &run : found.runs) {
        for (size_t size = 2; size < run.size(); size++) {
            for (size_t at = 0; at + size <= run.size(); at++) {
                auto begin = run.begin() + static_cast<std::ptrdiff_t>(at);
                auto inner = index.find(std::vector<uint32_t>(begin, begin + static_cast<std::ptrdiff_t>(size)));
                if (inner != index.end()) found.phrases[inner->second].count++;
            }
        }
    }
}

void Score(Collector &found) {
    CountInner(found);
    std::vector<double> rake = RakeScores(found), ranks = WordRanks(found);
    double most_rake = 0, most_rank = 0;
    auto total = [](const std::vector<double> &of, const Phrase &phrase) {
        double sum = 0;
        for (uint32_t word : phrase.words) sum += of[word];
        return sum;
    };
    // TextRank's mean, so that length alone (which RAKE's sum rewards) does not win twice.
    auto mean = [&](const Phrase &phrase) { return total(ranks, phrase) / std::sqrt(static_cast<double>(phrase.words.size())); };
    for (const Phrase &phrase : found.phrases) {
        most_rake = std::max(most_rake, total(rake, phrase));
        most_rank = std::max(most_rank, mean(phrase));
    }
    for (Phrase &phrase : found.phrases) {
        double both = total(rake, phrase) / most_rake + 2 * mean(phrase) / most_rank;
        phrase.score = both * static_cast<double>(phrase.count);
    }
}

}  // namespace

std::vector<Keyword> Keywords(std::string_view text, size_t n) {
    std::string plain = WithoutTags(text);
    Collector found(DetectLanguage(plain).code);
    found.Read(plain);
    Score(found);
    std::ranges::stable_sort(found.phrases, std::greater<>(), &Phrase::score);
    std::vector<Keyword> out;
    for (const Phrase &phrase : found.phrases) {
        if (out.size() == n) break;
        out.push_back({phrase.text, phrase.score / found.phrases[0].score});
    }
    return out;
}

}  // namespace tarn::ai::local
