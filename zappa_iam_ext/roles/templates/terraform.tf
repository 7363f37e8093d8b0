# The workspace's variables, for the tfe provider; or set them in the workspace by hand.
variable "workspace_id" {
  type = string
}

resource "tfe_variable" "aws_provider_auth" {
  workspace_id = var.workspace_id
  key          = "TFC_AWS_PROVIDER_AUTH"
  value        = "true"
  category     = "env"
}

resource "tfe_variable" "aws_run_role_arn" {
  workspace_id = var.workspace_id
  key          = "@VARIABLE@"
  value        = "@ROLE_ARN@"
  category     = "env"
}
