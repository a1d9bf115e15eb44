// ai/local/internal/entities.h: rules that find pieces of information in a text. Each looks at a bounded stretch around a
// character that gives it away ('@', a digit, a capital), so that all are linear.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace tarn::ai::local {

enum class Entity : uint8_t {
    kEmail, kUrl, kIp, kIban, kCreditCard, kPhone, kDate, kTime, kMoney, kPercent, kNumber, kHashtag, kMention, kPerson,
};

struct Found {
    size_t begin, end;  // Bytes of the text, begin < end.
};

// Everything of `kind`, in the text's order, without overlap.
std::vector<Found> Find(std::string_view text, Entity kind);

// Its parts.
void FindNames(std::string_view text, Entity kind, std::vector<Found> &out);    // e-mail, URL, hashtag, mention, person
void FindNumbers(std::string_view text, Entity kind, std::vector<Found> &out);  // The others.

inline bool IsAsciiAlpha(char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; }
inline bool IsAsciiDigit(char c) { return c >= '0' && c <= '9'; }
inline bool IsAsciiWord(char c) { return IsAsciiAlpha(c) || IsAsciiDigit(c) || static_cast<unsigned char>(c) >= 0x80; }

}  // namespace tarn::ai::local
