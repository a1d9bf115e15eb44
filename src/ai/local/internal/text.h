// ai/local/internal/text.h: bytes to code points, tokens and sentences, for any language and any bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tarn::ai::local {

inline constexpr char32_t kNoCharacter = 0xFFFD;

// The code point at `at`, which moves behind it; kNoCharacter, one byte on, where the bytes are not UTF-8.
char32_t Next(std::string_view text, size_t &at);

bool IsLetter(char32_t c);     // Letters and the marks that belong to them.
bool IsDigit(char32_t c);
bool IsSpace(char32_t c);
bool IsUpper(char32_t c);
bool IsLower(char32_t c);
bool IsIdeograph(char32_t c);  // Of a script without spaces between words: Chinese, Japanese, Thai, Lao, Khmer, Burmese.
bool IsSymbol(char32_t c);     // Emoji and other pictures.
bool EndsSentence(char32_t c);

// Lower case, code point by code point; bytes that are not UTF-8 are dropped.
std::string Folded(std::string_view text);
// Without trailing and leading white space, each run of it one space.
std::string OneLine(std::string_view text);
// As long as `text`, with HTML tags, comments and entities of white space turned into blanks; tags between blocks into line ends.
std::string WithoutTags(std::string_view text);

enum class TokenKind : uint8_t { kWord, kNumber, kIdeograph, kSymbol, kPunctuation };

struct Token {
    TokenKind kind;
    uint32_t begin, end;  // Bytes of the text.
    std::string folded;
};

// White space is left out. A word holds letters, marks and digits, and apostrophes or hyphens inside ("don't", "half-hearted");
// a run of ASCII punctuation is one token (":-)", "!!"). Links are one token of kind kPunctuation.
// REQUIRES: text.size() < 4 GiB; the rest is not looked at.
std::vector<Token> Tokenize(std::string_view text);

struct Sentence {
    uint32_t begin, end;  // Without white space at both ends.
};

std::vector<Sentence> Sentences(std::string_view text);

}  // namespace tarn::ai::local
