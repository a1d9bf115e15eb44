// How a text feels: a lexicon gives each word a value, rules turn and weigh it, the sum is squeezed into -1..1.
//
// After C. Hutto and E. Gilbert, "VADER: A Parsimonious Rule-based Model for Sentiment Analysis of Social Media Text" (2014), whose
// measured weights these are; written anew, for several languages. Inflected words are found by their stems.
#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "ai/local/internal/sentiment_rules.h"
#include "ai/local/internal/tables.h"
#include "ai/local/internal/text.h"
#include "ai/local/local_models.h"

namespace tarn::ai::local {

namespace {

constexpr double kDegree = 0.293;     // What "very" adds to a word, "slightly" takes.
constexpr double kCapitals = 0.733;   // A WORD among others adds this.
constexpr double kNegated = -0.74;    // "not good" is not as bad as "bad".
constexpr double kBefore = 0.5, kAfter = 1.5;  // Around "but".
constexpr double kExclamation = 0.292;
constexpr double kNormal = 15;        // The sum at which the score has reached 0.72.
constexpr double kNeutralBelow = 0.05;

struct Word {
    const Token *token;
    double value = 0;    // In the lexicon's scale, after its rules.
    bool but = false;
};

class Judge {
public:
    Judge(std::string_view text, std::string_view language)
        : text_(text), language_(language), lexicon_(SentimentLexicon(language)), rules_(RulesOf(language)), tokens_(Tokenize(text)) {}

    SentimentResult Run() {
        ShoutingMatters();
        size_t words = 0;
        for (size_t i = 0; i < tokens_.size(); i++) {
            const Token &token = tokens_[i];
            if (token.kind == TokenKind::kPunctuation) {
                Punctuation(token);
                continue;
            }
            if (token.kind == TokenKind::kWord && rules_.but.contains(token.folded)) Turn();
            size_t length = 1;
            double value = Value(i, length);
            if (value != 0) {
                value = Weighed(i, value);
                values_.push_back(value);
            }
            words += length;
            i += length - 1;
        }
        return Sum(words);
    }

private:
    // Capitals say something only where not everything is in capitals.
    void ShoutingMatters() {
        size_t upper = 0, words = 0;
        for (const Token &token : tokens_) {
            if (token.kind != TokenKind::kWord) continue;
            words++;
            if (Shouted(token)) upper++;
        }
        shouting_ = upper > 0 && upper < words;
    }
    bool Shouted(const Token &token) const {
        size_t letters = 0;
        for (size_t at = token.begin; at < token.end;) {
            char32_t c = Next(text_, at);
            if (IsLower(c)) return false;
            letters += IsUpper(c);
        }
        return letters > 1;
    }

    void Punctuation(const Token &token) {
        std::string_view raw = token.folded;
        if (double value = Emoticon(raw); value != 0) {
            values_.push_back(value);
            return;
        }
        exclamations_ += static_cast<size_t>(std::ranges::count(raw, '!'));
        questions_ += static_cast<size_t>(std::ranges::count(raw, '?'));
    }
    static double Emoticon(std::string_view raw) {
        const Lexicon *english = SentimentLexicon("en");
        if (raw.size() < 2 || raw.size() > 5) return 0;
        auto found = english->words.find(raw);
        return found == english->words.end() ? 0 : found->second / 10.0;
    }

    // "but": what came before fades, what follows counts more.
    void Turn() {
        if (values_.empty() || turned_) return;
        turned_ = values_.size();
    }

    double Value(size_t i, size_t &length) const {
        const Token &token = tokens_[i];
        if (token.kind == TokenKind::kSymbol) return EmojiValue(token.folded) / 10.0;
        if (!lexicon_ || token.kind == TokenKind::kNumber) return Letters(i, length);
        return token.kind == TokenKind::kIdeograph ? Ideographs(i, length) : Phrase(i, length);
    }
    // ":D", "XD", "<3" end in a letter or digit.
    double Letters(size_t i, size_t &) const {
        const Token &token = tokens_[i];
        if (i == 0 || token.end - token.begin > 2 || tokens_[i - 1].end != token.begin) return 0;
        return Emoticon(Folded(text_.substr(tokens_[i - 1].begin, token.end - tokens_[i - 1].begin)));
    }
    // The longest phrase of the lexicon that begins here.
    double Phrase(size_t i, size_t &length) const {
        if (double value = Letters(i, length); value != 0) return value;
        std::string phrase = tokens_[i].folded;
        std::optional<int8_t> found = Find(phrase);
        for (size_t n = 1; n < lexicon_->longest && i + n < tokens_.size() && tokens_[i + n].kind == TokenKind::kWord; n++) {
            phrase += ' ';
            phrase += tokens_[i + n].folded;
            if (auto entry = lexicon_->words.find(phrase); entry != lexicon_->words.end()) {
                found = entry->second;
                length = n + 1;
            }
        }
        return found.value_or(0) / 10.0;
    }
    std::optional<int8_t> Find(const std::string &word) const {
        if (auto entry = lexicon_->words.find(word); entry != lexicon_->words.end()) return entry->second;
        // English is listed with its inflections; a stem would only add "united" for "unite".
        if (language_ == "en" || word.size() < 4 || StopWords(language_).contains(word)) return std::nullopt;
        if (auto stem = lexicon_->stems.find(Stem(word, language_)); stem != lexicon_->stems.end()) return stem->second;
        return Shortened(word);
    }
    // Endings of gender and number that stemmers take differently off different forms: "mauvaise" is "mauvais".
    std::optional<int8_t> Shortened(std::string_view word) const {
        constexpr size_t kLeast = 5;
        for (int cut = 0; cut < 2; cut++) {
            // One character: its first byte and those that follow it.
            while (!word.empty() && (static_cast<unsigned char>(word.back()) & 0xC0) == 0x80) word.remove_suffix(1);
            if (!word.empty()) word.remove_suffix(1);
            if (word.size() < kLeast) break;
            if (auto entry = lexicon_->words.find(word); entry != lexicon_->words.end()) return entry->second;
        }
        return std::nullopt;
    }
    // Scripts without spaces: the longest entry of up to six characters.
    double Ideographs(size_t i, size_t &length) const {
        constexpr size_t kLongest = 6;
        std::string run;
        double value = 0;
        for (size_t n = 0; n < kLongest && i + n < tokens_.size() && tokens_[i + n].kind == TokenKind::kIdeograph; n++) {
            run += tokens_[i + n].folded;
            if (auto entry = lexicon_->words.find(run); entry != lexicon_->words.end()) {
                value = entry->second / 10.0;
                length = n + 1;
            }
        }
        return value;
    }

    // The three words before may weigh and turn it, the nearest most.
    double Weighed(size_t i, double value) const {
        if (shouting_ && tokens_[i].kind == TokenKind::kWord && Shouted(tokens_[i])) value += std::copysign(kCapitals, value);
        constexpr std::array<double, 3> kDistance = {1, 0.95, 0.9};
        bool negated = false;
        size_t seen = 0;
        constexpr size_t kReach = 8;  // Also over marks and emoji, of which there may be any number.
        for (size_t back = i; back-- > 0 && seen < kDistance.size() && i - back <= kReach;) {
            const Token &token = tokens_[back];
            if (token.kind == TokenKind::kPunctuation && token.folded.find_first_of(".!?;") != std::string::npos) break;
            if (token.kind != TokenKind::kWord && token.kind != TokenKind::kIdeograph) continue;
            double degree = rules_.more.contains(token.folded) ? kDegree : rules_.less.contains(token.folded) ? -kDegree : 0;
            if (degree != 0) value += std::copysign(1, value) * degree * kDistance[seen];
            if (Negates(token.folded)) negated = true;
            seen++;
        }
        // French and Dutch, German main clauses and Japanese have the negation behind the word.
        if (!negated && (language_ == "fr" || language_ == "ja" || language_ == "nl" || language_ == "de" || language_ == "tr")) negated = NegatedBehind(i);
        return negated ? value * kNegated : value;
    }
    bool NegatedBehind(size_t i) const {
        std::string joined;
        for (size_t n = 1; n <= 3 && i + n < tokens_.size(); n++) {
            const Token &token = tokens_[i + n];
            if (token.kind == TokenKind::kPunctuation) break;
            joined += token.folded;
            bool verb_first = language_ == "de" || language_ == "nl" || language_ == "fr" || language_ == "tr";
            if (verb_first && n == 1 && rules_.negations.contains(token.folded)) return true;
            if (language_ == "ja" && std::ranges::any_of(rules_.negations, [&](std::string_view word) { return joined.ends_with(word) && word.size() > 3; })) return true;
        }
        return false;
    }
    bool Negates(const std::string &word) const {
        if (rules_.negations.contains(word)) return true;
        return language_ == "en" && word.ends_with("n't");
    }

    double Emphasis() const {
        double marks = std::min<double>(static_cast<double>(exclamations_), 4) * kExclamation;
        if (questions_ > 1) marks += questions_ <= 3 ? static_cast<double>(questions_) * 0.18 : 0.96;
        return marks;
    }

    SentimentResult Sum(size_t words) {
        SentimentResult out;
        out.language = lexicon_ ? language_ : "";
        double sum = 0, good = 0, bad = 0;
        for (size_t i = 0; i < values_.size(); i++) {
            double value = values_[i] * (!turned_ ? 1 : i < turned_ ? kBefore : kAfter);
            sum += value;
            if (value > 0) good += value + 1;
            if (value < 0) bad += 1 - value;
        }
        if (sum != 0) sum += std::copysign(Emphasis(), sum);
        out.score = sum / std::sqrt(sum * sum + kNormal);
        double plain = static_cast<double>(words - std::min(words, values_.size()));
        double total = good + bad + plain;
        if (total > 0) {
            out.positive = good / total;
            out.negative = bad / total;
            out.neutral = plain / total;
        }
        out.mood = MoodOf(out, good, bad);
        return out;
    }
    // Mixed: both sides are strong, and neither outweighs the other by far.
    static Mood MoodOf(const SentimentResult &result, double good, double bad) {
        double least = std::min(good, bad), most = std::max(good, bad);
        if (least >= 2 && least >= 0.6 * most && std::abs(result.score) < 0.5) return Mood::kMixed;
        if (result.score >= kNeutralBelow) return Mood::kPositive;
        return result.score <= -kNeutralBelow ? Mood::kNegative : Mood::kNeutral;
    }

    std::string_view text_;
    std::string language_;
    const Lexicon *lexicon_;
    const SentimentRules &rules_;
    std::vector<Token> tokens_;
    std::vector<double> values_;
    size_t turned_ = 0;  // How many values stand before "but"; 0: there is none.
    size_t exclamations_ = 0, questions_ = 0;
    bool shouting_ = false;
};

}  // namespace

std::string_view MoodName(Mood mood) {
    switch (mood) {
        case Mood::kPositive: return "positive";
        case Mood::kNegative: return "negative";
        case Mood::kMixed: return "mixed";
        case Mood::kNeutral: break;
    }
    return "neutral";
}

std::vector<std::string> SentimentLanguages() {
    return {"cs", "da", "de", "el", "en", "es", "fi", "fr", "hu", "id", "it", "ja", "nl", "no", "pl", "pt", "ro", "ru", "sv", "tr", "uk", "zh"};
}

SentimentResult Sentiment(std::string_view text) {
    std::string plain = WithoutTags(text);
    LanguageGuess guess = DetectLanguage(plain);
    std::string language = guess.code == "zh-Hant" ? "zh" : guess.code;
    // A short text that is unlike any language is English slang more often than anything else.
    bool doubtful = guess.confidence < 0.35;
    if (doubtful || !SentimentLexicon(language)) {
        bool ascii = std::ranges::all_of(plain, [](unsigned char c) { return c < 0x80 || c >= 0xE2; });
        language = doubtful && !ascii && SentimentLexicon(language) ? language : "en";
    }
    return Judge(plain, language).Run();
}

}  // namespace tarn::ai::local
