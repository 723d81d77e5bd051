<?php
// A copy of a site that is for nobody but those who work on it (the stack file's key staging): no search engine takes it, whoever
// is not logged in sees nothing, and no mail leaves. Its php has no network but the database's, so that nothing else does either.

if (getenv('WORDPRESS_STAGING') !== '1') {
    return;
}
define('WP_ENVIRONMENT_TYPE', 'staging');
add_filter('pre_option_blog_public', static fn (): string => '0');
add_filter('xmlrpc_enabled', '__return_false');
add_filter('pre_wp_mail', static function (mixed $_, array $mail): bool {
    $to = implode(', ', (array) $mail['to']);
    error_log("varvol: a staging site sends no mail: to $to: $mail[subject]");
    return false;
}, PHP_INT_MAX, 2);
add_action('init', static fn () => headers_sent() || header('X-Robots-Tag: noindex, nofollow'), PHP_INT_MIN);
add_action('template_redirect', static fn () => is_user_logged_in() || is_robots() || auth_redirect(), PHP_INT_MIN);
add_filter('rest_authentication_errors', static fn (mixed $error): mixed
    => $error instanceof WP_Error || is_user_logged_in() ? $error : new WP_Error('varvol_staging', 'Log in first.', ['status' => 401]), PHP_INT_MAX);
