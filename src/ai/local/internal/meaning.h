// ai/local/internal/meaning.h: a text as numbers that can be compared.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ai/local/internal/tables.h"

namespace tarn::ai::local {

using Vector = std::array<float, WordVectors::kSize>;

struct MeaningWord {
    std::string word;
    Vector vector;
    double weight;
};

struct Meaning {
    std::string folded;                              // Tokens with blanks between.
    std::vector<std::pair<uint64_t, float>> words;   // Hashes of stems with their weights, ascending.
    std::vector<std::pair<uint64_t, float>> letters; // Of groups of three letters.
    std::vector<MeaningWord> content;                // Known English words that are no stop words.
    Vector vector{};                                 // Their weighted sum.
    double understood = 0;                           // Share of the content words that are known.
};

Meaning Read(std::string_view text);
double Similarity(const Meaning &left, const Meaning &right);
// Of length 1; zero, with weight 0, for an unknown word.
Vector VectorOf(std::string_view word, double *weight = nullptr);
double Cosine(const Vector &a, const Vector &b);

}  // namespace tarn::ai::local
