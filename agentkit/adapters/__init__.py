"""Fronts for function platforms: each hands a platform's requests to the application as it is.

Nothing is guessed from the environment: whoever deploys an agent names its platform, by importing
its module. What a platform's own library does is left to that library, which is an extra.

agentkit.adapters.aws      lambda_handler    AWS Lambda behind a URL, API Gateway, a load balancer
agentkit.adapters.azure    function_app      Azure Functions
agentkit.adapters.cgi      serve_cgi         CGI; wsgi_app for every WSGI server
agentkit.adapters.gcf      http_function     Google Cloud Functions
agentkit.adapters.vercel   asgi_app          Vercel, and others that run ASGI behind a front
"""
