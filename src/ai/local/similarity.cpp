// How alike two texts are: by the meaning of their English words, and by their letters in any language.
#include "ai/local/internal/meaning.h"

#include <algorithm>
#include <cmath>

#include "ai/local/internal/text.h"
#include "ai/local/local_models.h"

namespace tarn::ai::local {

namespace {

// Rare words say more (A. Arora et al., "A Simple but Tough-to-Beat Baseline for Sentence Embeddings", 2017). Ranks stand for
// probabilities by Zipf's law.
double WeightOfRank(uint32_t rank) {
    double probability = 0.1 / (static_cast<double>(rank) + 50);
    return 1e-3 / (1e-3 + probability);
}

uint64_t HashOf(std::string_view text) { return std::hash<std::string_view>()(text); }

void Sort(std::vector<std::pair<uint64_t, float>> &counts) {
    std::ranges::sort(counts, {}, &std::pair<uint64_t, float>::first);
    size_t out = 0;
    for (size_t i = 0; i < counts.size(); i++) {
        if (out > 0 && counts[out - 1].first == counts[i].first) {
            counts[out - 1].second += counts[i].second;
        } else {
            counts[out++] = counts[i];
        }
    }
    counts.resize(out);
}

double Cosine(const std::vector<std::pair<uint64_t, float>> &a, const std::vector<std::pair<uint64_t, float>> &b) {
    double product = 0, length_a = 0, length_b = 0;
    for (const auto &entry : a) length_a += entry.second * entry.second;
    for (const auto &entry : b) length_b += entry.second * entry.second;
    for (size_t i = 0, j = 0; i < a.size() && j < b.size();) {
        if (a[i].first == b[j].first) product += a[i++].second * b[j++].second;
        else if (a[i].first < b[j].first) i++;
        else j++;
    }
    return length_a > 0 && length_b > 0 ? product / std::sqrt(length_a * length_b) : 0;
}

}  // namespace

Vector VectorOf(std::string_view word, double *weight) {
    uint32_t rank = 0;
    const int8_t *row = WordVectors::Get().Find(word, &rank);
    Vector out{};
    if (weight) *weight = row ? WeightOfRank(rank) : 0;
    if (!row) return out;
    double length = 0;
    for (int i = 0; i < WordVectors::kSize; i++) length += static_cast<double>(row[i]) * row[i];
    for (int i = 0; i < WordVectors::kSize; i++) out[static_cast<size_t>(i)] = static_cast<float>(row[i] / std::sqrt(length));
    return out;
}

double Cosine(const Vector &a, const Vector &b) {
    double product = 0, length_a = 0, length_b = 0;
    for (size_t i = 0; i < a.size(); i++) {
        product += a[i] * b[i];
        length_a += a[i] * a[i];
        length_b += b[i] * b[i];
    }
    return length_a > 0 && length_b > 0 ? product / std::sqrt(length_a * length_b) : 0;
}

Meaning Read(std::string_view text) {
    Meaning out;
    std::string plain = WithoutTags(text);
    const WordSet &stops = StopWords("en");
    double words = 0, known = 0;
    for (const Token &token : Tokenize(plain)) {
        if (token.kind == TokenKind::kPunctuation) continue;
        out.folded += token.folded + ' ';
        bool stop = token.kind == TokenKind::kWord && stops.contains(token.folded);
        float share = stop ? 0.2F : 1.0F;
        out.words.emplace_back(HashOf(token.kind == TokenKind::kWord ? Stem(token.folded, "en") : token.folded), share);
        // Groups of three letters, with the word's ends: inflections, compounds and misspellings share most of them.
        std::string padded = " " + token.folded + " ";
        std::vector<size_t> starts;
        for (size_t at = 0; at < padded.size(); Next(padded, at)) starts.push_back(at);
        starts.push_back(padded.size());
        for (size_t i = 0; i + 3 < starts.size(); i++) {
            out.letters.emplace_back(HashOf(std::string_view(padded).substr(starts[i], starts[i + 3] - starts[i])), share);
        }
        if (token.kind != TokenKind::kWord || stop) continue;
        words++;
        double weight = 0;
        Vector vector = VectorOf(token.folded, &weight);
        if (weight == 0) continue;
        known++;
        out.content.push_back({token.folded, vector, weight});
        for (size_t i = 0; i < vector.size(); i++) out.vector[i] += static_cast<float>(weight) * vector[i];
    }
    Sort(out.words);
    Sort(out.letters);
    out.understood = words > 0 ? known / words : 0;
    return out;
}

double Similarity(std::string_view a, std::string_view b) { return Similarity(Read(a), Read(b)); }

double Similarity(const Meaning &left, const Meaning &right) {
    if (left.folded == right.folded) return 1;
    double lexical = 0.5 * Cosine(left.words, right.words) + 0.5 * Cosine(left.letters, right.letters);
    double known = std::min(left.understood, right.understood);
    // Means of unrelated texts have a cosine of up to 0.3.
    double meant = std::max(0.0, (Cosine(left.vector, right.vector) - 0.3) / 0.7);
    double share = known >= 0.5 ? 0.6 : 0;
    return std::clamp(share * meant + (1 - share) * lexical, 0.0, 1.0);
}

}  // namespace tarn::ai::local
