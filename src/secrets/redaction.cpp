#include "secrets/redaction.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <shared_mutex>
#include <vector>

namespace tarn::secrets {
namespace {

struct Hidden {
    std::shared_mutex mutex;
    std::vector<std::string> texts;  // Longest first: what holds another is replaced as a whole.
};

// Never destroyed: other threads may print while the process ends.
Hidden &List() {
    static Hidden &hidden = *new Hidden;
    return hidden;
}
std::atomic<bool> anything_hidden = false;

std::string JsonForm(std::string_view value) {
    static constexpr char kHex[] = "0123456789abcdef";
    std::string out;
    for (char c : value) {
        auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (c == '\n') {
            out += "\\n";
        } else if (c == '\r') {
            out += "\\r";
        } else if (c == '\t') {
            out += "\\t";
        } else if (byte < 0x20) {
            out += "\\u00";
            out += kHex[byte >> 4];
            out += kHex[byte & 15];
        } else {
            out += c;
        }
    }
    return out;
}

std::string HexForm(std::string_view value, const char *digits) {
    std::string out;
    for (char c : value) {
        out += digits[static_cast<unsigned char>(c) >> 4];
        out += digits[static_cast<unsigned char>(c) & 15];
    }
    return out;
}

std::string Base64Form(std::string_view value) {
    static constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    for (size_t i = 0; i < value.size(); i += 3) {
        uint32_t group = 0;
        size_t count = std::min<size_t>(3, value.size() - i);
        for (size_t j = 0; j < 3; j++) group = group << 8 | (j < count ? static_cast<uint8_t>(value[i + j]) : 0u);
        for (size_t j = 0; j < 4; j++) out += j <= count ? kAlphabet[group >> (18 - 6 * j) & 63] : '=';
    }
    return out;
}

}  // namespace

void Hide(std::string_view value) {
    if (value.empty()) return;
    Hidden &hidden = List();
    std::unique_lock lock(hidden.mutex);
    // JSON within JSON escapes twice.
    for (std::string form : {std::string(value), JsonForm(value), JsonForm(JsonForm(value)), JsonForm(JsonForm(JsonForm(value))), HexForm(value, "0123456789abcdef"), HexForm(value, "0123456789ABCDEF"), Base64Form(value)}) {
        if (std::ranges::find(hidden.texts, form) == hidden.texts.end()) hidden.texts.push_back(std::move(form));
    }
    std::ranges::stable_sort(hidden.texts, std::ranges::greater{}, &std::string::size);
    anything_hidden.store(true, std::memory_order_release);
}

bool AnythingHidden() { return anything_hidden.load(std::memory_order_acquire); }

void Redact(std::string &text, size_t from) {
    if (!AnythingHidden()) return;
    Hidden &hidden = List();
    std::shared_lock lock(hidden.mutex);
    for (const std::string &form : hidden.texts) {
        for (size_t at = text.find(form, from); at != std::string::npos; at = text.find(form, at + kRedacted.size())) {
            text.replace(at, form.size(), kRedacted);
        }
    }
}

std::string Redacted(std::string text) {
    Redact(text);
    return text;
}

Error Redacted(Error error) {
    Redact(error.message);
    Redact(error.remedy);
    return error;
}

}  // namespace tarn::secrets
