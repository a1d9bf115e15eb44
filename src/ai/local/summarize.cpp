// TextRank over sentences.
//
// Two sentences are linked by the words they share (stems, without stop words), weighted by how short they are. As a
// sentence's weight is a product of one factor for each of the two, the walk over all pairs is two passes over the words: the
// ranks cost as much as the text is long, not its square.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <unordered_map>

#include "ai/local/internal/tables.h"
#include "ai/local/internal/text.h"
#include "ai/local/local_models.h"

namespace tarn::ai::local {

namespace {

struct Scored {
    std::vector<uint32_t> terms;  // Ascending, without repetition.
    size_t words = 0;
    double factor = 0;
    double rank = 0;
};

class Terms {
public:
    Terms(std::string_view language) : language_(language), stops_(StopWords(language)) {}

    Scored Read(std::string_view sentence) {
        Scored out;
        std::string previous;
        for (const Token &token : Tokenize(sentence)) {
            if (token.kind == TokenKind::kIdeograph) {
                out.words++;
                if (!previous.empty()) out.terms.push_back(Number(previous + token.folded));
                previous = token.folded;
                continue;
            }
            previous.clear();
            if (token.kind != TokenKind::kWord && token.kind != TokenKind::kNumber) continue;
            out.words++;
            if (!stops_.contains(token.folded)) out.terms.push_back(Number(Stem(token.folded, language_)));
        }
        std::ranges::sort(out.terms);
        auto rest = std::ranges::unique(out.terms);
        out.terms.erase(rest.begin(), rest.end());
        out.factor = out.terms.empty() ? 0 : 1 / std::sqrt(std::log(1.0 + static_cast<double>(out.terms.size())) + 0.5);
        return out;
    }
    size_t Count() const { return numbers_.size(); }

private:
    uint32_t Number(std::string term) { return numbers_.emplace(std::move(term), static_cast<uint32_t>(numbers_.size())).first->second; }

    std::string language_;
    const WordSet &stops_;
    std::unordered_map<std::string, uint32_t> numbers_;
};

// similarity(a, b) = a.factor * b.factor * shared terms, for a != b; out[a] = sum over b of similarity(a, b) * in[b].
void Spread(const std::vector<Scored> &sentences, const std::vector<double> &in, std::vector<double> &terms, std::vector<double> &out) {
    std::ranges::fill(terms, 0);
    for (size_t i = 0; i < sentences.size(); i++) {
        for (uint32_t term : sentences[i].terms) terms[term] += sentences[i].factor * in[i];
    }
    for (size_t i = 0; i < sentences.size(); i++) {
        const Scored &sentence = sentences[i];
        double sum = 0;
        for (uint32_t term : sentence.terms) sum += terms[term];
        double self = sentence.factor * static_cast<double>(sentence.terms.size()) * in[i];
        out[i] = sentence.factor * std::max(0.0, sum - self);
    }
}

void Rank(std::vector<Scored> &sentences, size_t term_count) {
    constexpr double kDamping = 0.85;
    constexpr int kRounds = 30;
    size_t n = sentences.size();
    std::vector<double> terms(term_count), degree(n), rank(n, 1.0), share(n), next(n);
    Spread(sentences, std::vector<double>(n, 1.0), terms, degree);
    for (int round = 0; round < kRounds; round++) {
        for (size_t i = 0; i < n; i++) share[i] = degree[i] > 0 ? rank[i] / degree[i] : 0;
        Spread(sentences, share, terms, next);
        double change = 0;
        for (size_t i = 0; i < n; i++) {
            double value = 1 - kDamping + kDamping * next[i];
            change += std::abs(value - rank[i]);
            rank[i] = value;
        }
        if (change < 1e-6 * static_cast<double>(n)) break;
    }
    for (size_t i = 0; i < n; i++) sentences[i].rank = rank[i];
}

// Says the same as one that was taken: most of the shorter one's words are in the other.
bool Repeats(const Scored &a, const Scored &b) {
    std::vector<uint32_t> shared;
    std::ranges::set_intersection(a.terms, b.terms, std::back_inserter(shared));
    size_t least = std::min(a.terms.size(), b.terms.size());
    return least == 0 || shared.size() * 10 >= least * 8;
}

std::string CutWords(std::string_view text, size_t max_words) {
    size_t words = 0, end = 0;
    for (const Token &token : Tokenize(text)) {
        if (token.kind == TokenKind::kWord || token.kind == TokenKind::kNumber || token.kind == TokenKind::kIdeograph) words++;
        if (words > max_words) return OneLine(text.substr(0, end)) + "…";
        end = token.end;
    }
    return OneLine(text);
}

size_t WordCount(std::string_view text) {
    return static_cast<size_t>(std::ranges::count_if(Tokenize(text), [](const Token &token) {
        return token.kind == TokenKind::kWord || token.kind == TokenKind::kNumber || token.kind == TokenKind::kIdeograph;
    }));
}

// The indexes of the sentences to keep, ascending.
std::vector<size_t> Choose(const std::vector<Scored> &sentences, size_t max_words) {
    std::vector<size_t> order(sentences.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::ranges::stable_sort(order, [&](size_t a, size_t b) { return sentences[a].rank > sentences[b].rank; });
    // A summary of many sentences is no summary; what does not fit is skipped for a shorter one of the next best.
    constexpr size_t kMostTried = 64;
    if (order.size() > kMostTried) order.resize(kMostTried);
    std::vector<size_t> chosen;
    size_t words = 0;
    for (size_t i : order) {
        if (sentences[i].words == 0 || words + sentences[i].words > max_words) continue;
        if (std::ranges::any_of(chosen, [&](size_t other) { return Repeats(sentences[i], sentences[other]); })) continue;
        chosen.push_back(i);
        words += sentences[i].words;
    }
    std::ranges::sort(chosen);
    return chosen;
}

}  // namespace

std::string Summarize(std::string_view text, size_t max_words) {
    if (max_words == 0) max_words = kDefaultSummaryWords;
    std::string plain = WithoutTags(text);
    if (WordCount(plain) <= max_words) return OneLine(plain);
    Terms terms(DetectLanguage(plain).code);
    std::vector<Sentence> spans = Sentences(plain);
    std::vector<Scored> sentences;
    sentences.reserve(spans.size());
    auto part = [&](size_t i) { return std::string_view(plain).substr(spans[i].begin, spans[i].end - spans[i].begin); };
    for (size_t i = 0; i < spans.size(); i++) sentences.push_back(terms.Read(part(i)));
    Rank(sentences, terms.Count());
    std::vector<size_t> chosen = Choose(sentences, max_words);
    if (chosen.empty()) {
        auto best = std::ranges::max_element(sentences, {}, [](const Scored &s) { return s.words ? s.rank : -1; });
        return best == sentences.end() ? "" : CutWords(part(static_cast<size_t>(best - sentences.begin())), max_words);
    }
    std::string out;
    for (size_t i : chosen) out += (out.empty() ? "" : " ") + OneLine(part(i));
    return out;
}

}  // namespace tarn::ai::local
