<?php
// For WordPress's own installer, which runs here on the command line: no namespace, as it looks for these names.

declare(strict_types=1);

// WordPress lets the function be replaced: no mail can be sent yet.
function wp_new_blog_notification(): void
{
}

// Its permalink test asks the site itself, and no web server answers yet.
add_filter('pre_http_request', static fn (): WP_Error => new WP_Error('varvol', 'No requests while installing.'));
add_filter('wp_die_handler', static fn (): Closure => static function (string|WP_Error $message): never {
    $text = $message instanceof WP_Error ? $message->get_error_message() : $message;
    throw new RuntimeException(trim((string) preg_replace('/\s+/', ' ', strip_tags($text))));
});
