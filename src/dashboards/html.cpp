#include "dashboards/html.h"

#include <sodium.h>

#include "base/data_type.h"
#include "dashboards/page.h"
#include "web/assets.h"

namespace tarn::dashboards {

std::string EscapeHtml(std::string_view text) {
    std::string out;
    for (char c : text) {
        if (c == '&') out += "&amp;";
        else if (c == '<') out += "&lt;";
        else if (c == '>') out += "&gt;";
        else if (c == '"') out += "&quot;";
        else out += c;
    }
    return out;
}

namespace {

// What a policy calls a script: sha256-… in base64.
std::string HashOf(std::string_view script) {
    unsigned char hash[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(hash, reinterpret_cast<const unsigned char *>(script.data()), script.size());
    char text[sodium_base64_ENCODED_LEN(sizeof hash, sodium_base64_VARIANT_ORIGINAL)];
    sodium_bin2base64(text, sizeof text, hash, sizeof hash, sodium_base64_VARIANT_ORIGINAL);
    return std::string("'sha256-") + text + "'";
}

// A script that can stand within HTML: no `</script` ends it, no `<!--` begins a comment.
std::string InlineScript(std::string_view script) {
    std::string out;
    out.reserve(script.size());
    for (size_t i = 0; i < script.size(); i++) {
        out += script[i];
        bool opens = script[i] == '<' && ToLower(script.substr(i + 1, 7)) == "/script";
        bool comment = script[i] == '<' && script.substr(i + 1).starts_with("!--");
        if (opens || comment) out += '\\';
    }
    return out;
}

std::string Head(std::string_view title, std::string_view policy) {
    std::string html = "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";
    if (!policy.empty()) html += "<meta http-equiv=\"Content-Security-Policy\" content=\"" + std::string(policy) + "\">\n";
    return html + "<title>" + EscapeHtml(title) + "</title>\n<link rel=\"icon\" href=\"data:,\">\n";
}

std::string Body(std::string_view root) { return "</head>\n<body>\n<div id=\"root\">" + std::string(root) + "</div>\n"; }

std::string Data(std::string_view page_json) { return "<script type=\"application/json\" id=\"tarn-page\">" + ForScript(page_json) + "</script>\n"; }

std::string Versioned(std::string_view name) { return "/assets/" + std::string(name) + "?v=" + web::AssetTag(name); }

}  // namespace

std::string_view LivePolicy() {
    return "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; "
           "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
}

std::string LiveHtmlStart(std::string_view title) {
    return Head(title, "") + "<link rel=\"stylesheet\" href=\"" + Versioned("app.css") + "\">\n<script defer src=\"" + Versioned("app.js") +
           "\"></script>\n<script defer src=\"" + Versioned("charts.js") + "\"></script>\n" + Body("<p class=\"running\" role=\"status\">The queries run …</p>");
}

std::string LiveHtmlEnd(std::string_view page_json) { return Data(page_json) + "</body>\n</html>\n"; }

std::string BuiltHtml(std::string_view title, std::string_view page_json) {
    std::string app = InlineScript(web::Asset("app.js")), charts = InlineScript(web::Asset("charts.js"));
    std::string policy = "default-src 'none'; script-src " + HashOf(app) + " " + HashOf(charts) +
                         "; style-src 'unsafe-inline'; img-src data:; font-src data:; base-uri 'none'; form-action 'none'";
    std::string html = Head(title, policy) + "<style>" + std::string(web::Asset("app.css")) + "</style>\n" + Body("") + Data(page_json);
    return html + "<script>" + app + "</script>\n<script>" + charts + "</script>\n</body>\n</html>\n";
}

}  // namespace tarn::dashboards
